/*
id: customer_dynamics
name: {ja: 顧客動態分析, en: "Customer dynamics (new, kept, returned, lost)"}
category: customer_purchase
origin: extension
tier: core
question:
  ja: 毎月、何人が新しく増え、続き、戻り、離れたか。それは売上にどう効いているか。
  en: "Each month, how many customers are new, kept, came back or were lost, and what does it do to sales?"
method:
  ja: "最終購入から期間の末日までの日数が「稼働とみなす日数」未満の顧客を稼働とする。連続する期末を比べ、新規（期間中に初回購入）、継続、復帰（期首に稼働していない）、離脱に分ける。期首稼働 + 新規 + 復帰 - 離脱 = 期末稼働。"
  en: "A customer is active in a period when the last purchase is within active_days of its end. Compare consecutive period ends: new (first purchase in the period), kept, returned (inactive before), lost. Opening + new + returned - lost = closing."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: active_days, type: int, default: 365, minimum: 1, label_ja: 稼働とみなす日数, note: "active = the last purchase is less than so many days before the end"}
columns:
- {name: bucket, type: month, unit: months, label_ja: 期間}
- {name: opening, type: int, unit: people, label_ja: 期首稼働}
- {name: new, type: int, unit: people, label_ja: 新規}
- {name: returned, type: int, unit: people, label_ja: 復帰}
- {name: lost, type: int, unit: people, label_ja: 離脱}
- {name: closing, type: int, unit: people, label_ja: 期末稼働}
- {name: keep_rate, type: ratio, unit: ratio, label_ja: 維持率}
- {name: amount_new, type: money, unit: JPY, label_ja: 新規売上}
- {name: amount_kept, type: money, unit: JPY, label_ja: 継続売上}
- {name: amount_returned, type: money, unit: JPY, label_ja: 復帰売上}
charts:
- {kind: line, x: bucket, y: [new, returned, lost]}
- {kind: line, x: bucket, y: [amount_new, amount_kept, amount_returned]}
- {kind: bar, x: bucket, y: closing}
- {kind: line, x: bucket, y: keep_rate}
- {kind: table}
cells:
- {name: flow, keys: [bucket, flow], types: {flow: string}, customers: flows, products: flows_products, becomes: {ja: "その期間にその動きをした顧客。flowは新規、継続、復帰、離脱のいずれか。商品＝その期間に買った商品", en: "customers of that flow in that period: flow is 新規, 継続, 復帰 or 離脱; products = what they bought in it"}}
rules: [TZ, PUR, RET, GUEST, MERGE, DIV0, SET]
notes:
- ja: "この等式は1人単位で成り立つ。差があれば誤り。"
  en: "identity must hold to the person; a difference is an error, except merges, which are shown in their own column when > 0"
- ja: "期首稼働 + 新規 + 復帰 - 離脱 = 期末稼働（1人単位で一致）。"
  en: "opening + new + returned - lost = closing, to the person"
- ja: "期間中に新規となり、期末には稼働していない顧客（「稼働とみなす日数」が短い場合）は、新規と離脱の両方に数える。"
  en: "somebody who is new and no longer active at the end (a short active_days) counts as new and as lost"
- ja: "維持率は、期首稼働のうち期末も稼働している顧客の割合。"
  en: "keep_rate is the share of the opening that is still active at the end"
- ja: "売上は期首の状態で分ける。新規＝期間中に初回購入、継続＝期首に稼働、復帰＝それ以外。3つの合計が会員の売上になる。"
  en: "sales go by the standing at the opening: new = first purchase in the period, kept = active then, returned = the rest, so that the three add up to the sales of members"
- ja: "最初と最後の期間は、指定した日で区切る。名寄せで統合した会員は、すべての期間で統合先の1人として数える。"
  en: "the first and the last period end with the chosen days; merged members count as the survivor in all periods"
*/
WITH bounds AS (
  SELECT DISTINCT GRAIN_OF(t.day) AS bucket
  FROM UNNEST(SEQUENCE(:period_start, :period_end, INTERVAL '1' DAY)) AS t(day)
),
buckets AS (
  SELECT
    bucket,
    GREATEST(bucket, :period_start) AS first_day,
    DATE_ADD('day', -1, COALESCE(LEAD(bucket) OVER (ORDER BY bucket), DATE_ADD('day', 1, :period_end))) AS last_day
  FROM bounds
),
-- From each purchase to the next one, or to the day on which the customer falls asleep.
spans AS (
  SELECT
    p.customer_id,
    p.purchase_date AS since,
    LEAST(
      DATE_ADD('day', :active_days, p.purchase_date),
      COALESCE(
        LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n),
        DATE '9999-12-31'
      )
    ) AS until,
    MIN(p.purchase_date) OVER (PARTITION BY p.customer_id) AS first_date,
    p.amount
  FROM purchases AS p
  WHERE p.purchase_date <= :period_end
),
seen AS (
  SELECT b.bucket, s.customer_id, TRUE AS was_open, FALSE AS is_open, FALSE AS is_new, 0 AS amount
  FROM buckets AS b
  JOIN spans AS s ON s.since < b.first_day AND s.until >= b.first_day
  UNION ALL
  SELECT b.bucket, s.customer_id, FALSE, TRUE, FALSE, 0
  FROM buckets AS b
  JOIN spans AS s ON s.since <= b.last_day AND s.until > b.last_day
  UNION ALL
  SELECT b.bucket, s.customer_id, FALSE, FALSE, s.first_date >= b.first_day, s.amount
  FROM buckets AS b
  JOIN spans AS s ON s.since BETWEEN b.first_day AND b.last_day
),
standing AS (
  SELECT
    bucket,
    customer_id,
    BOOL_OR(was_open) AS was_open,
    BOOL_OR(is_open) AS is_open,
    BOOL_OR(is_new) AS is_new,
    SUM(amount) AS amount
  FROM seen
  GROUP BY bucket, customer_id
),
flows AS (
  SELECT bucket, '新規' AS flow, customer_id FROM standing WHERE is_new
  UNION ALL
  SELECT bucket, '継続', customer_id FROM standing WHERE was_open AND is_open
  UNION ALL
  SELECT bucket, '復帰', customer_id FROM standing WHERE NOT was_open AND NOT is_new AND is_open
  UNION ALL
  SELECT bucket, '離脱', customer_id FROM standing WHERE (was_open OR is_new) AND NOT is_open
),
flows_products AS (
  SELECT f.bucket, f.flow, l.product_id
  FROM flows AS f
  JOIN buckets AS b ON b.bucket = f.bucket
  JOIN purchase_lines AS l ON l.customer_id = f.customer_id AND l.purchase_date BETWEEN b.first_day AND b.last_day
),
counted AS (
  SELECT
    bucket,
    COUNT_IF(was_open) AS opening,
    COUNT_IF(is_new) AS new,
    COUNT_IF(NOT was_open AND NOT is_new AND is_open) AS returned,
    COUNT_IF((was_open OR is_new) AND NOT is_open) AS lost,
    COUNT_IF(is_open) AS closing,
    COUNT_IF(was_open AND is_open) AS kept,
    COALESCE(SUM(CASE WHEN is_new THEN amount END), 0) AS amount_new,
    COALESCE(SUM(CASE WHEN was_open THEN amount END), 0) AS amount_kept,
    COALESCE(SUM(CASE WHEN NOT was_open AND NOT is_new THEN amount END), 0) AS amount_returned
  FROM standing
  GROUP BY bucket
)
SELECT
  b.bucket,
  COALESCE(c.opening, 0) AS opening,
  COALESCE(c.new, 0) AS new,
  COALESCE(c.returned, 0) AS returned,
  COALESCE(c.lost, 0) AS lost,
  COALESCE(c.closing, 0) AS closing,
  RATIO(c.kept, c.opening) AS keep_rate,
  COALESCE(c.amount_new, 0) AS amount_new,
  COALESCE(c.amount_kept, 0) AS amount_kept,
  COALESCE(c.amount_returned, 0) AS amount_returned
FROM buckets AS b
LEFT JOIN counted AS c ON c.bucket = b.bucket
ORDER BY b.bucket
