/*
id: seasonality_index
name: {ja: 季節指数分析, en: Seasonality index}
category: overview
origin: extension
tier: standard
question:
  ja: 各カテゴリはどの週・どの月に山が来るか。季節の配信はいつ始めればよいか。
  en: "In which weeks or months does each category peak, so when must a season mail start?"
method:
  ja: "各週（月）の売上÷1年の中心化移動平均を、複数年で平均し（両端を除く）、平均が1になるように正規化する。シーズン開始＝「シーズンとみなす指数」を超える最初の週（月）。"
  en: "Ratio of each period to a centred moving average of one year, averaged over years (trimmed), normalised to mean 1; start of season = first week above start_border."
parameter_groups: [period, base, pur]
parameters:
- {name: level, type: "enum(category_l1,category_l2,product)", default: category_l2, label_ja: カテゴリの階層, note: ""}
- {name: unit, type: "enum(week,month)", default: week, label_ja: 季節の単位, note: ""}
- {name: years, type: int, default: 3, label_ja: 履歴の年数, minimum: 1, maximum: 10, note: "years of history up to period_end, as far as there are sales"}
- {name: start_border, type: double, default: 1.2, label_ja: シーズンとみなす指数, minimum: 0, note: ""}
- {name: lead_days, type: int, default: 14, label_ja: 配信の先行日数, minimum: 0, note: ""}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: season_unit, type: int, unit: none, label_ja: 週/月}
- {name: index, type: double, unit: ratio, label_ja: 季節指数, of: buyers_last_year}
- {name: peak, type: bool, unit: none, label_ja: ピーク}
- {name: season_start, type: date, unit: date, label_ja: シーズン開始}
- {name: mail_start, type: date, unit: date, label_ja: 配信開始目安}
- {name: buyers_last_year, type: int, unit: people, label_ja: 前年購買者数}
charts:
- {kind: heatmap, x: season_unit, y: category, color: index}
- {kind: line, x: season_unit, y: index, color: category}
- {kind: table}
cells:
- {name: season, keys: [category, season_unit], customers: last_year, products: last_year, becomes: {ja: "前年のその季節に、そのカテゴリを買った顧客", en: "customers who bought the category in that season last year"}}
footnotes:
- {label_ja: 参考値(履歴が2年に満たないカテゴリ数), cte: short_histories}
rules: [TZ, PUR, RET, NEG, SMALL, SET]
notes:
- ja: "2年分以上の履歴が要る。足りないカテゴリは参考値とし、そのカテゴリ自身の履歴の平均と比べる。"
  en: "needs two full years at least, otherwise the result is flagged 参考値: such a category is compared with the mean of its own history"
- ja: "ISO週の第53週は第52週にまとめ、その年のこの2週は平均で数える。"
  en: "ISO week 53 is merged into week 52: the two weeks of such a year count with their mean"
- ja: "数えるのは最初の販売以降の、日数の揃った週（月）だけで、カテゴリの最初の商品の発売より前は入れない。3年分以上あれば、最も高い比と最も低い比を除く。"
  en: "only whole weeks or months from the first sale on count, of a category not before the release of its first product; from three years on the highest and the lowest ratio are left out"
- ja: "シーズンは、ピークを含み、「シーズンとみなす指数」を超えて途切れずに続く区間（年をまたぐものも含む）。シーズン開始は、集計終了日より後で次に来るその初日。超える週（月）がないか、すべて超えるときは値なし。"
  en: "the season is the unbroken run above start_border around the peak, over the turn of the year too; season_start is its next first day after period_end, empty where no unit or every unit is above the border"
- ja: "前年とは集計期間のこと。前年購買者数は、指数の元になった人数の目安。"
  en: "last year is the period; buyers_last_year says how many people stand behind an index"
*/
WITH items_of_products AS (
  SELECT i.product_id, i.item AS category, COALESCE(d.release_date, DATE '1900-01-01') AS release_date
  FROM items AS i
  JOIN products AS d ON d.product_id = i.product_id
),
released AS (
  SELECT category, MIN(release_date) AS release_date
  FROM items_of_products
  GROUP BY category
),
bought AS (
  SELECT
    COALESCE(i.category, :unknown) AS category,
    l.customer_id,
    l.product_id,
    l.purchase_date,
    l.amount,
    CASE :unit WHEN 'week' THEN DATE_TRUNC('week', l.purchase_date) ELSE DATE_TRUNC('month', l.purchase_date) END
      AS season,
    CASE :unit WHEN 'week' THEN LEAST(WEEK(l.purchase_date), 52) ELSE MONTH(l.purchase_date) END AS season_unit
  FROM purchase_lines AS l
  LEFT JOIN items_of_products AS i ON i.product_id = l.product_id
  WHERE
    l.purchase_date <= :period_end
    AND l.purchase_date > LEAST(DATE_ADD('year', 0 - :years, :period_end), DATE_ADD('day', -1, :period_start))
),
last_year AS (
  SELECT category, season_unit, customer_id, product_id
  FROM bought
  WHERE purchase_date BETWEEN :period_start AND :period_end
),
history AS (
  SELECT MIN(purchase_date) AS first_date
  FROM bought
  WHERE purchase_date > DATE_ADD('year', 0 - :years, :period_end)
),
-- Weeks or months that lie in the history as a whole.
seasons AS (
  SELECT
    d.day AS season,
    CASE :unit WHEN 'week' THEN YEAR_OF_WEEK(d.day) ELSE YEAR(d.day) END AS season_year,
    CASE :unit WHEN 'week' THEN LEAST(WEEK(d.day), 52) ELSE MONTH(d.day) END AS season_unit
  FROM history AS h
  CROSS JOIN UNNEST(SEQUENCE(h.first_date, :period_end, INTERVAL '1' DAY)) AS d(day)
  WHERE
    CASE :unit
      WHEN 'week' THEN DAY_OF_WEEK(d.day) = 1 AND DATE_ADD('day', 6, d.day) <= :period_end
      ELSE DAY(d.day) = 1 AND LAST_DAY_OF_MONTH(d.day) <= :period_end
    END
),
booked AS (
  SELECT category, season, SUM(amount) AS amount
  FROM bought
  GROUP BY category, season
),
categories AS (
  SELECT b.category, COALESCE(r.release_date, DATE '1900-01-01') AS release_date
  FROM booked AS b
  LEFT JOIN released AS r ON r.category = b.category
  GROUP BY b.category, COALESCE(r.release_date, DATE '1900-01-01')
  HAVING SUM(b.amount) > 0
),
series AS (
  SELECT
    c.category,
    s.season_year,
    s.season_unit,
    AVG(CAST(COALESCE(b.amount, 0) AS DOUBLE)) AS amount
  FROM categories AS c
  JOIN seasons AS s ON s.season >= c.release_date
  LEFT JOIN booked AS b ON b.category = c.category AND b.season = s.season
  GROUP BY c.category, s.season_year, s.season_unit
),
-- The sums of a year and one unit, and of a year less one: half their sum is a year with half a unit at both ends.
summed AS (
  SELECT
    s.*,
    COUNT(*) OVER (PARTITION BY s.category) AS units,
    AVG(s.amount) OVER (PARTITION BY s.category) AS mean_amount,
    CASE :unit
      WHEN 'week' THEN COUNT(*) OVER (
        PARTITION BY s.category ORDER BY s.season_year, s.season_unit ROWS BETWEEN 26 PRECEDING AND 26 FOLLOWING
      ) = 53
      ELSE COUNT(*) OVER (
        PARTITION BY s.category ORDER BY s.season_year, s.season_unit ROWS BETWEEN 6 PRECEDING AND 6 FOLLOWING
      ) = 13
    END AS is_complete,
    CASE :unit
      WHEN 'week' THEN SUM(s.amount) OVER (
        PARTITION BY s.category ORDER BY s.season_year, s.season_unit ROWS BETWEEN 26 PRECEDING AND 26 FOLLOWING
      )
      ELSE SUM(s.amount) OVER (
        PARTITION BY s.category ORDER BY s.season_year, s.season_unit ROWS BETWEEN 6 PRECEDING AND 6 FOLLOWING
      )
    END AS wide_sum,
    CASE :unit
      WHEN 'week' THEN SUM(s.amount) OVER (
        PARTITION BY s.category ORDER BY s.season_year, s.season_unit ROWS BETWEEN 25 PRECEDING AND 25 FOLLOWING
      )
      ELSE SUM(s.amount) OVER (
        PARTITION BY s.category ORDER BY s.season_year, s.season_unit ROWS BETWEEN 5 PRECEDING AND 5 FOLLOWING
      )
    END AS narrow_sum
  FROM series AS s
),
compared AS (
  SELECT
    category,
    season_unit,
    units < CASE :unit WHEN 'week' THEN 104 ELSE 24 END AS is_short,
    CASE
      WHEN units < CASE :unit WHEN 'week' THEN 104 ELSE 24 END THEN RATIO(amount, mean_amount)
      WHEN is_complete THEN RATIO(amount, (wide_sum + narrow_sum) / (2 * CASE :unit WHEN 'week' THEN 52 ELSE 12 END))
    END AS ratio
  FROM summed
),
short_histories AS (
  SELECT COUNT(DISTINCT CASE WHEN is_short THEN category END) AS categories FROM compared
),
averaged AS (
  SELECT
    category,
    season_unit,
    CASE
      WHEN COUNT(ratio) >= 3 THEN (SUM(ratio) - MAX(ratio) - MIN(ratio)) / (COUNT(ratio) - 2)
      ELSE AVG(ratio)
    END AS ratio
  FROM compared
  GROUP BY category, season_unit
),
indexed AS (
  SELECT
    category,
    season_unit,
    RATIO(ratio, AVG(ratio) OVER (PARTITION BY category)) AS index
  FROM averaged
  WHERE ratio IS NOT NULL
),
ranked AS (
  SELECT i.*, ROW_NUMBER() OVER (PARTITION BY i.category ORDER BY i.index DESC, i.season_unit) AS place
  FROM indexed AS i
  WHERE i.index IS NOT NULL
),
-- Every unit of the year by how many units it lies before the peak.
around AS (
  SELECT
    p.category,
    p.season_unit AS peak_unit,
    n.total,
    (p.season_unit - u.season_unit + n.total) % n.total AS before_peak,
    COALESCE(i.index > :start_border, FALSE) AS is_high
  FROM ranked AS p
  CROSS JOIN (SELECT CASE :unit WHEN 'week' THEN 52 ELSE 12 END AS total) AS n
  CROSS JOIN UNNEST(SEQUENCE(1, CASE :unit WHEN 'week' THEN 52 ELSE 12 END)) AS u(season_unit)
  LEFT JOIN indexed AS i ON i.category = p.category AND i.season_unit = u.season_unit
  WHERE p.place = 1
),
begun AS (
  SELECT
    category,
    (MAX(peak_unit) - MIN(CASE WHEN NOT is_high THEN before_peak END) + MAX(total)) % MAX(total) + 1 AS first_unit
  FROM around
  GROUP BY category
  HAVING MIN(CASE WHEN NOT is_high THEN before_peak END) > 0
),
candidates AS (
  SELECT
    b.category,
    CASE :unit
      WHEN 'week' THEN DATE_ADD(
        'day', 7 * (b.first_unit - 1),
        DATE_TRUNC('week', DATE_ADD('day', 3, DATE_TRUNC('year', DATE_ADD('year', y.later, :period_end))))
      )
      ELSE DATE_ADD('month', b.first_unit - 1, DATE_TRUNC('year', DATE_ADD('year', y.later, :period_end)))
    END AS season_start
  FROM begun AS b
  CROSS JOIN UNNEST(SEQUENCE(0, 2)) AS y(later)
),
starts AS (
  SELECT category, MIN(season_start) AS season_start
  FROM candidates
  WHERE season_start > :period_end
  GROUP BY category
),
buyers AS (
  SELECT category, season_unit, COUNT(DISTINCT customer_id) AS buyers
  FROM last_year
  GROUP BY category, season_unit
)
SELECT
  r.category,
  r.season_unit,
  r.index,
  r.place = 1 AS peak,
  s.season_start,
  DATE_ADD('day', 0 - :lead_days, s.season_start) AS mail_start,
  COALESCE(b.buyers, 0) AS buyers_last_year
FROM ranked AS r
LEFT JOIN starts AS s ON s.category = r.category
LEFT JOIN buyers AS b ON b.category = r.category AND b.season_unit = r.season_unit
ORDER BY r.category = :unknown, r.category, r.season_unit
