/*
id: cancel_return_trend
name: {ja: キャンセル・返品推移分析, en: Cancellations and returns}
category: overview
origin: extension
tier: standard
question:
  ja: いつ、どれだけ、なぜキャンセルや返品が起きているか。
  en: "How much is cancelled or returned, when and why?"
method:
  ja: "受注日の期間（「集計単位」）ごとのキャンセル率と返品率、返品日数（配達日からの日数）。理由、チャネル、支払方法などの集計軸で分ける。"
  en: "Rates per order month with the age of the return (days from delivery), reasons, channels and payment methods."
parameter_groups: [period, base, pur, grain, axis]
parameters:
- {name: axis, type: axis, default: channel, over: [received, stores, customers], shown_as: axis_value, label_ja: 集計軸, note: "channel, store_id, payment_method, reason_code, or a column of stores or customers"}
- {name: max_axis_values, type: int, default: 10, minimum: 1, label_ja: 軸の最大件数, note: "rest goes to その他"}
- {name: mature_days, type: int, default: 45, minimum: 0, label_ja: 返品が出揃う日数, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 受注月}
- {name: axis_value, type: string, unit: none, label_ja: 属性値}
- {name: orders, type: int, unit: orders, label_ja: 受注件数}
- {name: cancelled, type: int, unit: orders, label_ja: キャンセル}
- {name: cancel_rate, type: ratio, unit: ratio, label_ja: キャンセル率}
- {name: returned_amount, type: money, unit: JPY, label_ja: 返品額}
- {name: return_rate, type: ratio, unit: ratio, label_ja: 返品率}
- {name: days_to_return, type: double, unit: days, label_ja: 返品日数中央値}
charts:
- {kind: line, x: bucket, y: return_rate, color: axis_value}
- {kind: stacked_bar, x: bucket, y: cancelled, color: axis_value}
- {kind: table}
cells:
- {name: cell, keys: [bucket, axis_value], customers: undone, becomes: {ja: "キャンセルまたは返品をした顧客", en: "customers who cancelled or returned"}}
rules: [TZ, RET, GUEST, UNK, CENSOR, DIV0, SET]
notes:
- ja: "率は「返品の計上」にかかわらず、元の受注の期間によるもの。受注から「返品が出揃う日数」が経っておらず、返品がまだ増えうる受注日の始まりを表の下に示す。"
  en: "rate is by original order month, whatever return_mode says; the line below the table gives the day from which orders are younger than mature_days, so that more may still come back"
- ja: "キャンセル率は決済に失敗した注文を除く全受注に対する割合。返品率は、キャンセルされていない受注の金額に対する返品額の割合。"
  en: "cancel_rate is of all orders received, payment failures left out; return_rate is the amount returned over the amount of the orders not cancelled"
- ja: "返品日数は配達日（配達日が分からなければ受注日）から最初の返品までの日数。元の注文がない返品は売上推移にだけ入る。"
  en: "days from delivery, or from the order where no delivery is known, to the first return; a return without its order is in 売上推移 alone"
- ja: "理由はキャンセルの理由、なければ最初の返品の理由。"
  en: "a reason is that of the cancellation, else of the first return"
footnotes:
- {label_ja: 返品が出揃っていない受注日(以降), cte: immature}
*/
WITH immature AS (
  SELECT DATE_ADD('day', 1 - :mature_days, :as_of) AS first_day
),
returns AS (
  SELECT
    original_order_id,
    -SUM(
      CASE :amount_basis
        WHEN 'net_excl_tax' THEN net_amount - COALESCE(tax_amount, 0)
        WHEN 'gross' THEN gross_amount
        ELSE net_amount
      END
    ) AS amount,
    MIN(order_date) AS return_date,
    MIN_BY(reason_code, ROW(ordered_at, order_id)) AS reason_code
  FROM orders
  WHERE order_type = 'return' AND original_order_id IS NOT NULL AND status NOT IN ('cancelled', 'payment_failed')
  GROUP BY original_order_id
),
received AS (
  SELECT
    o.order_id,
    o.customer_id,
    o.order_date,
    o.channel,
    o.store_id,
    o.order_type,
    o.payment_method,
    COALESCE(o.reason_code, r.reason_code) AS reason_code,
    o.status = 'cancelled' AS is_cancelled,
    CASE :amount_basis
      WHEN 'net_excl_tax' THEN o.net_amount - COALESCE(o.tax_amount, 0)
      WHEN 'gross' THEN o.gross_amount
      ELSE o.net_amount
    END AS amount,
    COALESCE(r.amount, 0) AS returned_amount,
    DATE_DIFF('day', COALESCE(o.delivered_date, o.order_date), r.return_date) AS days_to_return
  FROM orders_received AS o
  LEFT JOIN returns AS r ON r.original_order_id = o.order_id
),
placed AS (
  SELECT
    GRAIN_OF(received.order_date) AS bucket,
    CASE WHEN customers.customer_id IS NULL AND :axis_reads_customers THEN :guest ELSE :axis END AS own_value,
    received.order_id,
    customers.customer_id,
    received.is_cancelled,
    received.amount,
    received.returned_amount,
    received.days_to_return
  FROM received
  LEFT JOIN customers AS known ON known.customer_id = received.customer_id
  LEFT JOIN population AS customers ON customers.customer_id = received.customer_id
  LEFT JOIN stores ON stores.store_id = received.store_id
  WHERE customers.customer_id IS NOT NULL OR (:everyone AND known.customer_id IS NULL)
),
ranked AS (
  SELECT
    own_value,
    own_value = :unknown OR own_value = :guest AS is_apart,
    ROW_NUMBER() OVER (
      PARTITION BY own_value = :unknown OR own_value = :guest
      ORDER BY COUNT(*) DESC, own_value
    ) AS place
  FROM placed
  GROUP BY own_value
),
shown AS (
  SELECT
    p.*,
    CASE WHEN r.is_apart OR r.place <= :max_axis_values THEN p.own_value ELSE :other END AS axis_value
  FROM placed AS p
  JOIN ranked AS r ON r.own_value = p.own_value
),
undone AS (
  SELECT bucket, axis_value, customer_id
  FROM shown
  WHERE is_cancelled OR returned_amount > 0
),
measured AS (
  SELECT
    bucket,
    axis_value,
    COUNT(*) AS orders,
    COUNT_IF(is_cancelled) AS cancelled,
    SUM(CASE WHEN NOT is_cancelled THEN amount END) AS amount,
    SUM(CASE WHEN NOT is_cancelled THEN returned_amount ELSE 0 END) AS returned_amount,
    QUANTILE_OF(days_to_return, 0.5) AS days_to_return
  FROM shown
  GROUP BY bucket, axis_value
)
SELECT
  bucket,
  axis_value,
  orders,
  cancelled,
  RATIO(cancelled, orders) AS cancel_rate,
  returned_amount,
  RATIO(returned_amount, amount) AS return_rate,
  days_to_return
FROM measured
ORDER BY
  bucket,
  CASE axis_value WHEN :other THEN 1 WHEN :guest THEN 2 WHEN :unknown THEN 3 ELSE 0 END,
  axis_value
