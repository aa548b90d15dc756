/*
id: repeat_interval_distribution
name: {ja: 購入間隔分布・休眠判定分析, en: Purchase-gap distribution and lapse border}
category: customer_purchase
origin: extension
tier: core
question:
  ja: 顧客は次の購入まで何日空けるか。何日買わなければ、もう戻らない(休眠)とみなしてよいか。
  en: After how many silent days is a customer really gone?
method:
  ja: "連続する購入の間隔の分布と、無購入がd日続いた顧客が「復帰を待つ日数」以内に再び購入する確率（d日を超えた間隔のうち、観測データの範囲でその間に購入で終わった割合。Kaplan–Meier法）を示す。休眠判定日数の案は、「復帰を待つ日数」以内の復帰確率が「休眠とみなす復帰確率」を下回る最小のd。80・90・95パーセンタイルと並べて示す。"
  en: "Distribution of all gaps between consecutive purchases, plus the chance of ever buying again given d silent days (share of gaps longer than d that ended in a purchase within the observed data, by Kaplan-Meier). Proposed lapse border = smallest d where the chance of return within horizon falls under border_prob, next to the 80/90/95th percentile."
parameter_groups: [period, base, pur]
parameters:
- {name: border_prob, type: ratio, default: 0.10, minimum: 0, maximum: 1, label_ja: 休眠とみなす復帰確率, note: "the border is the first day with a smaller chance of return"}
- {name: return_horizon_days, type: int, default: 365, minimum: 1, label_ja: 復帰を待つ日数, note: ""}
- {name: bin_days, type: int, default: 10, minimum: 1, label_ja: 行の刻み(日), note: "a row every so many days; the border itself is looked for day by day"}
- {name: split, type: axis, default: null, over: [orders, customers, stores, products], shown_as: split_value, label_ja: 区分, note: "of the purchase that the silence follows, or of the customer; a product column is that of its largest line; null = one curve"}
- {name: max_split_values, type: int, default: 10, minimum: 1, label_ja: 区分の最大件数, note: "rest goes to その他"}
columns:
- {name: split_value, type: string, unit: none, label_ja: 区分}
- {name: silent_days, type: int, unit: days, label_ja: 無購入日数}
- {name: gaps, type: int, unit: count, label_ja: 間隔件数}
- {name: cum_share, type: ratio, unit: ratio, label_ja: 累積割合}
- {name: return_prob, type: double, unit: probability, label_ja: 復帰確率}
- {name: proposed_border, type: int, unit: days, label_ja: 休眠判定日数}
- {name: customers_over_border, type: int, unit: people, label_ja: 該当顧客数}
charts:
- {kind: histogram, x: silent_days, y: gaps, color: split_value}
- {kind: line, title_ja: 復帰確率, x: silent_days, y: return_prob, color: split_value}
- {kind: line, title_ja: 累積割合, x: silent_days, y: cum_share, color: split_value}
- {kind: table}
cells:
- {name: silent, keys: [split_value, silent_days, is_over_border], types: {is_over_border: bool}, customers: sleeping, becomes: {ja: "期間の終わりの無購入日数（無購入日数の範囲）ごとの顧客。is_over_border=true：いま休眠判定日数を超えている顧客", en: "customers by their days without a purchase at the period's end (silent_days range); is_over_border=true: now beyond the border"}}
footnotes:
- {label_ja: 間隔のパーセンタイル, cte: percentiles}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SET]
notes:
- ja: "終わっていない間隔は捨てずに打ち切りとして扱う。除くと休眠判定日数が短くなりすぎるため。"
  en: "open gaps are censored, not dropped; leaving them out would make the border too short"
- ja: "期間中に起きたことを数える。期間より前に始まった無購入は、期間の初日から観察する（遅延参入）。このため、短い期間でも長い無購入を見られる。"
  en: "what happened in the period counts: a silence that began before it is watched from its first day in the period on (delayed entry), so that long silences are seen in a short period too"
- ja: "間隔件数は、期間中に終わり、前の行より長く無購入日数以下の間隔の数。累積割合は、その全体に対する割合。"
  en: "gaps are those that ended in the period, longer than the row before and up to silent_days; cum_share is of all of them"
- ja: "復帰確率 = 1 - S(d + 復帰を待つ日数) / S(d)。そこまで観察された顧客がいない場合は空欄で、休眠判定日数も示さない。"
  en: "return_prob = 1 - S(d + horizon) / S(d); null where nobody was watched that long, and then no border is proposed there"
- ja: "パーセンタイルは終わった間隔によるもので、終わっていない間隔を含まない。"
  en: "the percentiles are of the gaps that ended, without the open ones"
standard: Kaplan and Meier (1958).
*/
WITH followed AS (
  SELECT
    p.*,
    LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS next_date
  FROM purchases AS p
  WHERE p.purchase_date <= :period_end
),
spells AS (
  SELECT
    f.*,
    GREATEST(0, DATE_DIFF('day', f.purchase_date, :period_start)) AS entry_day,
    DATE_DIFF('day', f.purchase_date, COALESCE(f.next_date, :period_end)) AS exit_day,
    f.next_date IS NOT NULL AS has_ended
  FROM followed AS f
  WHERE f.next_date IS NULL OR f.next_date >= :period_start
),
largest_lines AS (
  SELECT
    l.customer_id,
    l.n,
    l.product_id,
    ROW_NUMBER() OVER (
      PARTITION BY l.customer_id, l.n ORDER BY l.amount DESC, l.order_id, l.line_no, l.product_id
    ) AS place
  FROM purchase_lines AS l
  WHERE :split_reads_products
),
valued AS (
  SELECT :split AS value, orders.customer_id, orders.entry_day, orders.exit_day, orders.has_ended
  FROM spells AS orders
  JOIN population AS customers ON customers.customer_id = orders.customer_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN largest_lines AS h ON h.customer_id = orders.customer_id AND h.n = orders.n AND h.place = 1
  LEFT JOIN products ON products.product_id = h.product_id
),
ranked AS (
  SELECT value, ROW_NUMBER() OVER (ORDER BY value = :unknown, COUNT(*) DESC, value) AS place
  FROM valued
  GROUP BY value
),
watched AS (
  SELECT
    CASE WHEN r.place <= :max_split_values OR v.value = :unknown THEN v.value ELSE :other END AS split_value,
    v.customer_id,
    v.entry_day,
    v.exit_day,
    v.has_ended
  FROM valued AS v
  JOIN ranked AS r ON r.value = v.value
),
counted AS (
  SELECT split_value, day, SUM(entered) AS entered, SUM(ended) AS ended, SUM(gone) AS gone
  FROM (
    SELECT split_value, entry_day AS day, 1 AS entered, 0 AS ended, 0 AS gone FROM watched
    UNION ALL
    SELECT split_value, exit_day, 0, CASE WHEN has_ended THEN 1 ELSE 0 END, 1 FROM watched
  ) AS moments
  GROUP BY split_value, day
),
spans AS (
  SELECT split_value, LEAST(MAX(day), 9999) AS last_day, MAX(CASE WHEN ended > 0 THEN day END) AS last_gap
  FROM counted
  GROUP BY split_value
),
days AS (
  SELECT
    s.split_value,
    s.last_gap,
    t.day,
    COALESCE(c.ended, 0) AS ended,
    SUM(COALESCE(c.entered, 0)) OVER (PARTITION BY s.split_value ORDER BY t.day)
      - SUM(COALESCE(c.gone, 0)) OVER (PARTITION BY s.split_value ORDER BY t.day)
      + COALESCE(c.gone, 0) AS at_risk
  FROM spans AS s
  CROSS JOIN UNNEST(SEQUENCE(0, s.last_day)) AS t(day)
  LEFT JOIN counted AS c ON c.split_value = s.split_value AND c.day = t.day
),
-- The logarithm of the share that is still silent after each day.
survival AS (
  SELECT
    d.*,
    SUM(
      CASE WHEN d.ended = 0 THEN 0e0 WHEN d.ended = d.at_risk THEN -1e3 ELSE LN(1 - RATIO(d.ended, d.at_risk)) END
    ) OVER (PARTITION BY d.split_value ORDER BY d.day) AS log_silent
  FROM days AS d
),
comebacks AS (
  SELECT s.split_value, s.day, 1 - EXP(f.log_silent - s.log_silent) AS return_prob
  FROM survival AS s
  JOIN survival AS f ON f.split_value = s.split_value AND f.day = s.day + :return_horizon_days
),
borders AS (
  SELECT split_value, MIN(day) AS border
  FROM comebacks
  WHERE return_prob < :border_prob
  GROUP BY split_value
),
sleeping AS (
  SELECT
    w.split_value,
    w.exit_day AS silent_days,
    COALESCE(w.exit_day >= b.border, FALSE) AS is_over_border,
    w.customer_id
  FROM watched AS w
  LEFT JOIN borders AS b ON b.split_value = w.split_value
  WHERE NOT w.has_ended
),
over_border AS (
  SELECT split_value, COUNT_IF(is_over_border) AS customers
  FROM sleeping
  GROUP BY split_value
),
all_gaps AS (
  SELECT day, RATIO(SUM(SUM(ended)) OVER (ORDER BY day), SUM(SUM(ended)) OVER ()) AS cum_share
  FROM counted
  GROUP BY day
),
percentiles AS (
  SELECT ARRAY_JOIN(ARRAY_AGG(word || ' ' || CAST(day AS VARCHAR) || '日' ORDER BY word), ' / ') AS said
  FROM (
    SELECT t.word, MIN(g.day) AS day
    FROM (VALUES ('80%', 0.8e0), ('90%', 0.9e0), ('95%', 0.95e0)) AS t(word, share)
    JOIN all_gaps AS g ON g.cum_share >= t.share - 1e-9
    GROUP BY t.word
  ) AS p
),
binned AS (
  SELECT
    split_value,
    (day + :bin_days - 1) / :bin_days * :bin_days AS silent_days,
    MAX(last_gap) AS last_gap,
    SUM(ended) AS gaps
  FROM survival
  GROUP BY split_value, (day + :bin_days - 1) / :bin_days * :bin_days
)
SELECT
  b.split_value,
  b.silent_days,
  b.gaps,
  RATIO(
    SUM(b.gaps) OVER (PARTITION BY b.split_value ORDER BY b.silent_days),
    SUM(b.gaps) OVER (PARTITION BY b.split_value)
  ) AS cum_share,
  r.return_prob,
  k.border AS proposed_border,
  CASE WHEN k.border IS NOT NULL THEN COALESCE(o.customers, 0) END AS customers_over_border
FROM binned AS b
LEFT JOIN comebacks AS r ON r.split_value = b.split_value AND r.day = b.silent_days
LEFT JOIN borders AS k ON k.split_value = b.split_value
LEFT JOIN over_border AS o ON o.split_value = b.split_value
WHERE b.silent_days < b.last_gap + :bin_days OR r.return_prob IS NOT NULL
ORDER BY
  CASE b.split_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  b.split_value,
  b.silent_days
