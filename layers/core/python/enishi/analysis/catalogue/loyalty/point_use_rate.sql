/*
id: point_use_rate
name: {ja: ポイント利用率・利用者比較分析, en: Point use and users}
category: loyalty
origin: extension
tier: standard
question:
  ja: 誰がどれだけポイントを使い、使う人は使わない人より多く買っているか。
  en: "Who uses points, how often, and do users buy more than non-users?"
method:
  ja: "利用者数／保有者数、利用／付与、ポイントを使った購入と使わない購入の客単価、利用のあと「利用後リピートの日数」以内のリピートを示す。"
  en: "Users/holders, used/granted, orders paid with points, average order with and without, repeat within 90 days after a use; matched comparison by RFM cell."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: repeat_days, type: int, default: 90, minimum: 1, label_ja: 利用後リピートの日数, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: holders, type: int, unit: people, label_ja: 保有者数}
- {name: users, type: int, unit: people, label_ja: 利用者数}
- {name: use_rate, type: ratio, unit: ratio, label_ja: 利用者率}
- {name: points_used, type: int, unit: points, label_ja: 利用ポイント}
- {name: burn_rate, type: ratio, unit: ratio, label_ja: 利用/付与}
- {name: avg_order_with, type: money, unit: JPY/order, label_ja: 利用時客単価}
- {name: avg_order_without, type: money, unit: JPY/order, label_ja: 非利用時客単価}
- {name: repeat_after_use, type: ratio, unit: ratio, label_ja: 利用後リピート率}
charts:
- {kind: line, x: bucket, y: [use_rate, repeat_after_use]}
- {kind: bar, x: bucket, y: points_used}
- {kind: table}
cells:
- {name: holders, keys: [bucket, use], types: {use: string}, customers: holders, becomes: {ja: "その期間の保有者のうち、useが利用、または未利用（その期間に使っていない保有者）", en: "holders of the period by use: 利用, or 未利用 for holders who never used"}}
rules: [TZ, FIFO, PUR, RET, MERGE, CENSOR, DIV0, SET]
notes:
- ja: "保有者は、期間の始めにポイントを持っていたか、期間中に受け取った顧客。利用ポイントは返還を差し引いた値。"
  en: "a holder had points at the start of the period or was given some in it; points_used is less what was refunded"
- ja: "ポイントの利用が0を超える受注を、ポイントを使った購入とする。「購入の数え方」がdayの場合は、その日の最初のレシートによる。"
  en: "an order is paid with points when points_used is above zero; with purchase_unit=day the first receipt of the day decides"
- ja: "利用後リピート率は、「利用後リピートの日数」が基準日までに過ぎた、ポイントを使った購入だけによる。"
  en: "repeat_after_use counts only purchases with points whose repeat_days have passed by as_of"
- ja: "ポイントを使う人は、もともと多く買う。利用時客単価と非利用時客単価の差は効果ではない。より公平に見るには、「母集団」でRFM分析のセルごとに分ける。"
  en: "people who use points buy more anyway: avg_order_with against avg_order_without is no effect; split by rfm_analysis cells with base_segment for a fairer look"
*/
WITH postings AS (
  SELECT
    c.customer_id,
    CASE
      WHEN p.posted_date < :period_start THEN DATE_ADD('day', -1, GRAIN_OF(:period_start))
      ELSE GRAIN_OF(p.posted_date)
    END AS bucket,
    p.entry_type,
    p.points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, p.customer_id)
  WHERE p.posted_date <= :period_end
),
movements AS (
  SELECT
    customer_id,
    bucket,
    SUM(points) AS net,
    SUM(GREATEST(points, 0)) AS received,
    COUNT_IF(entry_type = 'use') AS uses,
    -COALESCE(SUM(CASE WHEN entry_type IN ('use', 'refund') THEN points END), 0) AS used,
    COALESCE(SUM(CASE WHEN entry_type IN ('earn', 'bonus') THEN points END), 0) AS granted
  FROM postings
  GROUP BY customer_id, bucket
),
balances AS (
  SELECT
    m.*,
    SUM(m.net) OVER (PARTITION BY m.customer_id ORDER BY m.bucket ROWS UNBOUNDED PRECEDING) AS closing,
    LEAD(m.bucket) OVER (PARTITION BY m.customer_id ORDER BY m.bucket) AS next_bucket
  FROM movements AS m
),
paid AS (
  SELECT
    GRAIN_OF(p.purchase_date) AS bucket,
    p.customer_id,
    p.purchase_date,
    p.amount,
    COALESCE(o.points_used, 0) > 0 AS with_points,
    LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_at, p.order_id) AS next_date
  FROM purchases AS p
  JOIN orders AS o ON o.order_id = p.order_id
),
orders_by_bucket AS (
  SELECT
    bucket,
    RATIO(SUM(CASE WHEN with_points THEN amount END), COUNT_IF(with_points)) AS avg_order_with,
    RATIO(SUM(CASE WHEN NOT with_points THEN amount END), COUNT_IF(NOT with_points)) AS avg_order_without,
    RATIO(
      COUNT_IF(
        with_points
        AND purchase_date <= DATE_ADD('day', -:repeat_days, :as_of)
        AND next_date <= DATE_ADD('day', :repeat_days, purchase_date)
      ),
      COUNT_IF(with_points AND purchase_date <= DATE_ADD('day', -:repeat_days, :as_of))
    ) AS repeat_after_use
  FROM paid
  WHERE purchase_date BETWEEN :period_start AND :period_end
  GROUP BY bucket
),
buckets AS (
  SELECT bucket FROM movements WHERE bucket >= GRAIN_OF(:period_start)
  UNION
  SELECT bucket FROM orders_by_bucket
),
-- Who held points in a bucket: by a posting in it, or by what an earlier bucket left.
holders AS (
  SELECT bucket, customer_id, CASE WHEN uses > 0 THEN '利用' ELSE '未利用' END AS use
  FROM balances
  WHERE bucket >= GRAIN_OF(:period_start) AND (closing - net > 0 OR received > 0 OR uses > 0)
  UNION ALL
  SELECT b.bucket, m.customer_id, '未利用'
  FROM balances AS m
  JOIN buckets AS b ON b.bucket > m.bucket AND COALESCE(b.bucket < m.next_bucket, TRUE)
  WHERE m.closing > 0
),
held AS (
  SELECT bucket, COUNT(*) AS holders, COUNT_IF(use = '利用') AS users
  FROM holders
  GROUP BY bucket
),
used AS (
  SELECT bucket, SUM(used) AS points_used, SUM(granted) AS granted
  FROM movements
  GROUP BY bucket
)
SELECT
  b.bucket,
  COALESCE(h.holders, 0) AS holders,
  COALESCE(h.users, 0) AS users,
  RATIO(h.users, h.holders) AS use_rate,
  COALESCE(u.points_used, 0) AS points_used,
  RATIO(u.points_used, u.granted) AS burn_rate,
  CAST(o.avg_order_with AS DECIMAL(18, 2)) AS avg_order_with,
  CAST(o.avg_order_without AS DECIMAL(18, 2)) AS avg_order_without,
  o.repeat_after_use
FROM buckets AS b
LEFT JOIN held AS h ON h.bucket = b.bucket
LEFT JOIN used AS u ON u.bucket = b.bucket
LEFT JOIN orders_by_bucket AS o ON o.bucket = b.bucket
ORDER BY b.bucket
