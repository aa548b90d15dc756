/*
id: sales_anomaly
name: {ja: 売上異常検知, en: Sales anomaly monitor}
category: overview
origin: extension
tier: standard
question:
  ja: 今日、過去の動きから見ておかしい店舗・カテゴリ・チャネルはどれか。
  en: "Which store, category or channel deviates today from what its own history suggests?"
method:
  ja: "系列ごとの期待値＝直近の「比べる週数」の同じ曜日の中央値×全体の傾向。異常度＝（実績−期待値）÷（1.4826×MAD×全体の傾向）。異常度の大きさが「異常とみなす異常度」を超えるものを、差額の大きい順に並べる。"
  en: "For each series the expected value is the median of the same weekday in the last 8 weeks scaled by the total's trend; score = (actual - expected)/(1.4826 x MAD). List beyond the border, largest money effect first."
parameter_groups: [asof, base, pur]
parameters:
- {name: series, type: list, default: "store_id,category_l1,channel", label_ja: 系列, note: "store_id, channel, category_l1, category_l2, brand"}
- {name: weeks, type: int, default: 8, minimum: 2, maximum: 52, label_ja: 比べる週数, note: ""}
- {name: border, type: double, default: 3.5, minimum: 0, label_ja: 異常とみなす異常度, note: ""}
- {name: min_expected, type: money, default: 50000, minimum: 0, label_ja: 対象とする期待値の下限, note: ""}
columns:
- {name: series, type: string, unit: none, label_ja: 系列}
- {name: key, type: string, unit: none, label_ja: 対象}
- {name: actual, type: money, unit: JPY, label_ja: 実績}
- {name: expected, type: money, unit: JPY, label_ja: 期待値}
- {name: score, type: double, unit: score, label_ja: 異常度}
- {name: effect, type: money, unit: JPY, label_ja: 差額}
- {name: hint, type: string, unit: none, label_ja: 候補要因}
charts:
- {kind: bar, x: key, y: effect, color: series, options: {lying: true}}
- {kind: table}
cells:
- {name: key, keys: [series, key], customers: absent, becomes: {ja: "ふだんそこで買うのに、買わなかった顧客", en: "customers who usually buy there but did not"}}
footnotes:
- {label_ja: 判定した対象数, cte: looked_at}
example: {border: 2, min_expected: 10000}
rules: [TZ, RET, GUEST, DIV0, EMPTY, SET]
notes:
- ja: "先に取り込み漏れ（load_log）を確かめ、遅れたファイルを売上減とみなさないようにする。最新の注文が基準日より古い取込元を候補要因に示す。"
  en: "missing loads are checked first (load_log), so that a late file is not called a sales drop: a source whose newest order is older than as_of stands in the hint"
- ja: "祝日は直近の同じ祝日と比べ、それぞれの前4週間の売上で調整する。ふだんの週からは祝日を除く。"
  en: "holidays compare with the last matching holiday, scaled by the four weeks before each; the usual weeks leave holidays out"
- ja: "全体の傾向＝比べる週のうち新しい半分の週平均÷全部の週平均。当日はどちらにも入れない。"
  en: "the trend is the mean week of the younger half of the weeks over the mean week of all; the day itself is in neither"
- ja: "ふだんの日にまったく差がない（MAD＝0）ときは異常度がなく、少しでも差があれば出す。"
  en: "where the usual days do not differ at all (MAD = 0) there is no score, and any difference is listed"
- ja: "候補要因は、取込未了（実績が期待値を下回るとき）、閉店、カレンダーのイベント、祝日、全体も同じ向きのずれ、のうち最初に当てはまるもの。"
  en: "the hint is the first of: a load that is missing, a store that has closed, an event of the calendar, a holiday, the total deviating the same way"
- ja: "ふだんそこで買う顧客＝直近の週に2日以上の購入があり、当日の購入がない顧客。"
  en: "who usually buys there: a purchase on two days at least of the last weeks, and none on the day"
standard: Robust z-score with median absolute deviation.
*/
WITH holiday AS (
  SELECT
    MAX(t.holiday_name) AS holiday_name,
    MAX(c.calendar_date) AS matched_date
  FROM calendar AS t
  LEFT JOIN calendar AS c ON c.is_holiday AND c.holiday_name = t.holiday_name AND c.calendar_date < t.calendar_date
  WHERE t.calendar_date = :as_of AND t.is_holiday
),
usual_days AS (
  SELECT d.day
  FROM UNNEST(SEQUENCE(DATE_ADD('day', -7 * :weeks, :as_of), DATE_ADD('day', -7, :as_of), INTERVAL '7' DAY)) AS d(day)
  LEFT JOIN calendar AS c ON c.calendar_date = d.day AND c.is_holiday
  WHERE c.calendar_date IS NULL
),
sold AS (
  SELECT l.*, COALESCE(s.store, l.store_id, :unknown) AS store
  FROM sales_lines AS l
  CROSS JOIN holiday AS h
  LEFT JOIN store_labels AS s ON s.store_id = l.store_id
  WHERE
    l.sale_date BETWEEN DATE_ADD('day', -7 * GREATEST(:weeks, 4), :as_of) AND :as_of
    OR l.sale_date BETWEEN DATE_ADD('day', -28, h.matched_date) AND h.matched_date
),
keyed AS (
  SELECT
    x.series,
    CASE x.series
      WHEN 'store_id' THEN l.store
      WHEN 'channel' THEN CHANNEL_WORD(l.channel)
      WHEN 'category_l1' THEN CASE WHEN l.is_adjustment THEN :adjustment ELSE COALESCE(l.category_l1, :unknown) END
      WHEN 'category_l2' THEN CASE WHEN l.is_adjustment THEN :adjustment ELSE COALESCE(l.category_l2, :unknown) END
      WHEN 'brand' THEN CASE WHEN l.is_adjustment THEN :adjustment ELSE COALESCE(l.brand, :unknown) END
    END AS key,
    CASE WHEN x.series = 'store_id' THEN l.store_id END AS store_id,
    CASE WHEN x.series = 'category_l1' THEN l.category_l1 END AS category_l1,
    l.sale_date,
    CASE WHEN NOT l.is_guest AND NOT l.is_return THEN l.customer_id END AS customer_id,
    l.amount
  FROM sold AS l
  CROSS JOIN UNNEST(:series) AS x(series)
  UNION ALL
  SELECT :total, :total, NULL, NULL, sale_date, NULL, amount FROM sold
),
booked AS (
  SELECT series, key, sale_date, SUM(amount) AS amount
  FROM keyed
  WHERE key IS NOT NULL
  GROUP BY series, key, sale_date
),
keys AS (
  SELECT series, key, MAX(store_id) AS store_id, MAX(category_l1) AS category_l1
  FROM keyed
  WHERE key IS NOT NULL
  GROUP BY series, key
),
trends AS (
  SELECT
    COALESCE(
      RATIO(
        SUM(CASE WHEN b.sale_date >= DATE_ADD('day', -7 * (:weeks / 2), :as_of) THEN b.amount ELSE 0 END) * :weeks,
        SUM(CASE WHEN b.sale_date >= DATE_ADD('day', -7 * :weeks, :as_of) THEN b.amount ELSE 0 END) * (:weeks / 2)
      ),
      1
    ) AS usual_trend,
    COALESCE(
      RATIO(
        SUM(CASE WHEN b.sale_date >= DATE_ADD('day', -28, :as_of) THEN b.amount ELSE 0 END),
        SUM(CASE WHEN b.sale_date < h.matched_date AND b.sale_date >= DATE_ADD('day', -28, h.matched_date) THEN b.amount
          ELSE 0 END)
      ),
      1
    ) AS holiday_trend
  FROM booked AS b
  CROSS JOIN holiday AS h
  WHERE b.series = :total AND b.sale_date < :as_of
),
usual AS (
  SELECT k.series, k.key, u.day, CAST(COALESCE(b.amount, 0) AS DOUBLE) AS amount
  FROM keys AS k
  CROSS JOIN usual_days AS u
  LEFT JOIN booked AS b ON b.series = k.series AND b.key = k.key AND b.sale_date = u.day
),
middles AS (
  SELECT series, key, QUANTILE_OF(amount, 0.5) AS middle
  FROM usual
  GROUP BY series, key
),
spreads AS (
  SELECT u.series, u.key, QUANTILE_OF(ABS(u.amount - m.middle), 0.5) AS spread
  FROM usual AS u
  JOIN middles AS m ON m.series = u.series AND m.key = u.key
  GROUP BY u.series, u.key
),
measured AS (
  SELECT
    k.series,
    k.key,
    k.store_id,
    k.category_l1,
    h.holiday_name,
    CAST(COALESCE(a.amount, 0) AS DOUBLE) AS actual,
    CASE
      WHEN h.matched_date IS NOT NULL THEN CAST(COALESCE(p.amount, 0) AS DOUBLE) * t.holiday_trend
      ELSE m.middle * t.usual_trend
    END AS expected,
    1.4826e0 * s.spread * t.usual_trend AS spread
  FROM keys AS k
  JOIN middles AS m ON m.series = k.series AND m.key = k.key
  JOIN spreads AS s ON s.series = k.series AND s.key = k.key
  CROSS JOIN trends AS t
  CROSS JOIN holiday AS h
  LEFT JOIN booked AS a ON a.series = k.series AND a.key = k.key AND a.sale_date = :as_of
  LEFT JOIN booked AS p ON p.series = k.series AND p.key = k.key AND p.sale_date = h.matched_date
),
scored AS (
  SELECT m.*, RATIO(m.actual - m.expected, m.spread) AS score, m.actual - m.expected AS effect
  FROM measured AS m
),
late_loads AS (
  SELECT ARRAY_JOIN(ARRAY_AGG(l.source_id ORDER BY l.source_id), '、') AS sources
  FROM (
    SELECT source_id
    FROM load_log
    WHERE table_name = 'orders' AND watermark IS NOT NULL
    GROUP BY source_id
    HAVING LOCAL_DAY(MAX(watermark)) BETWEEN DATE_ADD('day', -7 * :weeks, :as_of) AND DATE_ADD('day', -1, :as_of)
  ) AS l
),
events AS (
  SELECT s.series, s.key, MIN(e.name) AS name
  FROM scored AS s
  JOIN calendar_events AS e
    ON (e.category_l1 IS NULL OR e.category_l1 = s.category_l1)
    AND (e.store_id IS NULL OR e.store_id = s.store_id)
  WHERE :as_of BETWEEN e.start_date AND e.end_date
  GROUP BY s.series, s.key
),
looked_at AS (
  SELECT COUNT(*) AS keys FROM scored WHERE series <> :total AND expected >= :min_expected
),
deviating AS (
  SELECT s.*
  FROM scored AS s
  WHERE
    s.series <> :total
    AND s.expected >= :min_expected
    AND (ABS(s.score) > :border OR (s.score IS NULL AND s.effect <> 0))
),
absent AS (
  SELECT d.series, d.key, k.customer_id
  FROM deviating AS d
  JOIN keyed AS k ON k.series = d.series AND k.key = d.key
  WHERE k.customer_id IS NOT NULL AND k.sale_date >= DATE_ADD('day', -7 * :weeks, :as_of)
  GROUP BY d.series, d.key, k.customer_id
  HAVING COUNT(DISTINCT k.sale_date) >= 2 AND MAX(k.sale_date) < :as_of
)
SELECT
  d.series,
  d.key,
  CAST(d.actual AS DECIMAL(18, 2)) AS actual,
  CAST(d.expected AS DECIMAL(18, 2)) AS expected,
  d.score,
  CAST(d.effect AS DECIMAL(18, 2)) AS effect,
  CASE
    WHEN l.sources IS NOT NULL AND d.effect < 0 THEN '取込未了: ' || l.sources
    WHEN o.close_date <= :as_of THEN '閉店'
    WHEN e.name IS NOT NULL THEN 'イベント: ' || e.name
    WHEN d.holiday_name IS NOT NULL THEN '祝日: ' || d.holiday_name
    WHEN t.effect * d.effect > 0 AND ABS(t.score) > :border THEN '全体も同じ向き'
  END AS hint
FROM deviating AS d
CROSS JOIN late_loads AS l
LEFT JOIN stores AS o ON o.store_id = d.store_id
LEFT JOIN events AS e ON e.series = d.series AND e.key = d.key
LEFT JOIN scored AS t ON t.series = :total
ORDER BY ABS(d.effect) DESC, d.series, d.key
