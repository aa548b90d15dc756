/*
id: member_sales_ratio
name: {ja: 会員売上比率分析, en: Share of sales with a member id}
category: overview
origin: extension
tier: standard
question:
  ja: 会員IDの付いた購入は、件数と金額の何割か。店舗・時間帯・カテゴリでどう違うか。
  en: "What share of receipts and sales carries a customer id, by store, hour, staff and category?"
method:
  ja: "会員IDの付いた注文÷全注文の、件数と金額の割合。"
  en: "Identified orders / all orders and the same for amount."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: split, type: axis, default: store_id, over: [sales, stores, products], shown_as: split_value, label_ja: 区分, note: "store_id, hour, channel, category_l1, …; null = all as one"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: split_value, type: string, unit: none, label_ja: 区分}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: member_orders, type: int, unit: orders, label_ja: 会員件数}
- {name: member_order_rate, type: ratio, unit: ratio, label_ja: 会員件数比率}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: member_amount_rate, type: ratio, unit: ratio, label_ja: 会員売上比率}
- {name: avg_member, type: money, unit: JPY/order, label_ja: 会員客単価}
- {name: avg_guest, type: money, unit: JPY/order, label_ja: 非会員客単価}
charts:
- {kind: line, x: bucket, y: member_order_rate, color: split_value}
- {kind: heatmap, x: bucket, y: split_value, color: member_order_rate}
- {kind: table}
cells:
- {name: cell, keys: [bucket, split_value], customers: placed, becomes: {ja: "そこで買った会員（非会員は掘り下げの対象にならない）", en: "the members who bought there (guests cannot be a set)"}}
rules: [TZ, RET, GUEST, DIV0, RECON, SET]
notes:
- ja: "区分が商品の項目のとき、注文は該当するそれぞれの値に数え、明細以外に請求する額は「送料・調整」に入る。"
  en: "with an axis of products an order counts in each of its values; what it charges beyond its lines is 送料・調整"
- ja: "従業員は、「従業員を除く」を外さない限り除く。"
  en: "employees are left out unless asked for (exclude_employees=false)"
*/
WITH placed AS (
  SELECT
    GRAIN_OF(lines.sale_date) AS bucket,
    CASE WHEN lines.is_adjustment AND :split_reads_products THEN :adjustment ELSE :split END AS split_value,
    lines.is_guest,
    CASE WHEN NOT lines.is_return THEN lines.order_id END AS order_id,
    CASE WHEN NOT lines.is_guest AND NOT lines.is_return THEN lines.customer_id END AS customer_id,
    lines.amount
  FROM sales_lines AS lines
  JOIN sales ON sales.order_id = lines.order_id
  LEFT JOIN stores ON stores.store_id = lines.store_id
  LEFT JOIN products ON products.product_id = lines.product_id
  WHERE lines.sale_date BETWEEN :period_start AND :period_end
),
measured AS (
  SELECT
    bucket,
    split_value,
    COUNT(DISTINCT order_id) AS orders,
    COUNT(DISTINCT CASE WHEN NOT is_guest THEN order_id END) AS member_orders,
    SUM(amount) AS amount,
    COALESCE(SUM(CASE WHEN NOT is_guest THEN amount END), 0) AS member_amount
  FROM placed
  GROUP BY bucket, split_value
)
SELECT
  bucket,
  split_value,
  orders,
  member_orders,
  RATIO(member_orders, orders) AS member_order_rate,
  amount,
  RATIO(member_amount, amount) AS member_amount_rate,
  CAST(RATIO(member_amount, member_orders) AS DECIMAL(18, 2)) AS avg_member,
  CAST(RATIO(amount - member_amount, orders - member_orders) AS DECIMAL(18, 2)) AS avg_guest
FROM measured
ORDER BY
  bucket,
  CASE split_value WHEN :adjustment THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  split_value
