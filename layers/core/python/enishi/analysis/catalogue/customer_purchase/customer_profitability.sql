/*
id: customer_profitability
name: {ja: 顧客別採算分析, en: Customer profitability}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 原価・ポイント・送料・接触費・返品まで引くと、どの顧客で利益が出て、どの顧客で損をしているか。
  en: "After margin, coupons, points, shipping and contact cost, which customers make or lose money?"
method:
  ja: "貢献利益＝購入金額 - 商品原価 - 付与ポイント（費用に換算） - 送料負担 - 配信とカタログの費用 - 返品の処理費。顧客別とデシル別に、累積利益の曲線とともに示す。"
  en: "contribution = net amount - cost of goods - points granted (valued) - shipping subsidy - message and catalog cost - return handling; per customer and by decile, with the whale curve (cumulative profit)."
parameter_groups: [period, base, pur, top]
parameters:
- {name: point_value, type: double, default: 1.0, minimum: 0, label_ja: 付与1ポイントの費用(円), note: "JPY per granted point, times expected use rate"}
- {name: return_handling, type: money, default: 500, minimum: 0, label_ja: 返品1件の処理費, note: ""}
- {name: shipping_cost, type: money, default: 600, minimum: 0, label_ja: 配送1件の費用, note: "what the customer pays for it is taken off"}
- {name: view, type: "enum(customer,decile)", default: customer, label_ja: 見方, note: "decile: ten groups of equal head-count by 貢献利益, 1 the best"}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: margin, type: money, unit: JPY, label_ja: 粗利}
- {name: coupon_cost, type: money, unit: JPY, label_ja: クーポン費}
- {name: point_cost, type: money, unit: JPY, label_ja: ポイント費}
- {name: contact_cost, type: money, unit: JPY, label_ja: 接触費}
- {name: return_cost, type: money, unit: JPY, label_ja: 返品費}
- {name: contribution, type: money, unit: JPY, label_ja: 貢献利益}
- {name: cum_profit_share, type: ratio, unit: ratio, label_ja: 累積利益構成比}
charts:
- {kind: pareto, title_ja: 利益の累積曲線, x: customer_id, y: [contribution, cum_profit_share], where: {customer_id: {not: [その他, 0以下]}}}
- {kind: table}
cells:
- {name: profit, keys: [decile, is_loss], types: {decile: int, is_loss: bool}, customers: tiled, becomes: {ja: "利益のデシル（decile=1など）、または損をしている顧客（is_loss=true）", en: "a profit decile (decile=1), or the customers who make a loss (is_loss=true)"}}
- {name: customer, keys: [customer_id], customers: tiled, becomes: {ja: "その顧客", en: "one customer"}}
rules: [TZ, PUR, RET, GUEST, MERGE, TIE, RECON, SET]
notes:
- ja: "クーポンの割引は購入金額にすでに含まれるため、クーポン費は示すだけで、二重には差し引かない。"
  en: "coupon discounts are already inside net_amount, so coupon_cost is shown but not subtracted twice"
- ja: "原価のない明細は、カテゴリの平均粗利率で推定し、その売上の割合を表の下に示す。カテゴリに原価がまったくない場合は、全明細の率を使う。"
  en: "lines without cost use the category's average margin rate and are flagged: their share of the sales stands below the table; where a category has no cost at all, the rate of all lines"
- ja: "粗利は、購入金額から商品原価を引いた額。貢献利益＝粗利 - ポイント費 - 接触費 - 返品費 - 送料負担。送料負担の合計は表の下に示す。"
  en: "margin is what is left of the amount after cost of goods; contribution = margin - point_cost - contact_cost - return_cost - 送料負担, whose total stands below the table"
- ja: "送料負担は、「配送1件の費用」から顧客が支払った送料を引いた額（0未満にはしない）。店舗受取を除くサイト、電話、カタログの受注1件ごとに計上する。"
  en: "送料負担 is shipping_cost less what the customer paid for it, not below 0, for each order of the site, phone or catalog that is not collected in a shop"
- ja: "期間内に売上のない会員も、ポイントの付与または接触の費用があれば並べる。ポイントと接触は、チャネルによらず期間内のもの。"
  en: "members without a sale of the period are listed when they were granted points or cost a contact; points and contacts are those of the period, whatever the channel"
- ja: "「表示件数」を超える行は、その他に合計する。非会員の行はなく、その売上は表の下に示す。"
  en: "rows after top_n are summed as その他; guests have no row, their sales stand below the table"
footnotes:
- {label_ja: 非会員売上, cte: guest_sales}
- {label_ja: 送料負担の合計, cte: shipping_total}
- {label_ja: 原価を推定した売上の割合, cte: estimated_share}
*/
WITH documents AS (
  SELECT s.order_id, s.customer_id, s.is_guest, s.is_return, s.amount
  FROM sales AS s
  WHERE s.sale_date BETWEEN :period_start AND :period_end
),
guest_sales AS (
  SELECT COALESCE(SUM(amount), 0) AS amount FROM documents WHERE is_guest
),
lines AS (
  SELECT l.order_id, l.customer_id, l.category_l1, l.amount, l.cost
  FROM sales_lines AS l
  WHERE NOT l.is_guest AND l.sale_date BETWEEN :period_start AND :period_end
),
-- Rows without a category hold the rate of everything.
rates AS (
  SELECT category_l1, 1 - RATIO(SUM(cost), SUM(amount)) AS margin_rate, GROUPING(category_l1) AS is_total
  FROM lines
  WHERE cost IS NOT NULL
  GROUP BY GROUPING SETS ((category_l1), ())
),
costed AS (
  SELECT
    l.customer_id,
    l.amount,
    l.cost IS NULL AS is_estimated,
    COALESCE(
      l.amount - l.cost,
      CAST(CAST(l.amount AS DOUBLE) * COALESCE(r.margin_rate, t.margin_rate, 1e0) AS DECIMAL(18, 2))
    ) AS margin
  FROM lines AS l
  LEFT JOIN rates AS r ON r.is_total = 0 AND r.category_l1 = l.category_l1
  LEFT JOIN rates AS t ON t.is_total = 1
),
estimated_share AS (
  SELECT RATIO(SUM(CASE WHEN is_estimated THEN amount ELSE 0 END), SUM(amount)) AS share FROM costed
),
returned AS (
  SELECT customer_id, COUNT_IF(is_return) AS returns
  FROM documents
  WHERE NOT is_guest
  GROUP BY customer_id
),
couponed AS (
  SELECT d.customer_id, SUM(r.discount_amount) AS coupon_cost
  FROM documents AS d
  JOIN coupon_redemptions AS r ON r.order_id = d.order_id
  WHERE NOT d.is_guest AND NOT d.is_return
  GROUP BY d.customer_id
),
shipped AS (
  SELECT d.customer_id, SUM(GREATEST(:shipping_cost - COALESCE(o.shipping_amount, 0), 0)) AS shipping
  FROM documents AS d
  JOIN orders AS o ON o.order_id = d.order_id
  WHERE NOT d.is_guest AND NOT d.is_return AND COALESCE(o.channel, '') <> 'store' AND o.pickup_store_id IS NULL
  GROUP BY d.customer_id
),
granted AS (
  SELECT COALESCE(i.person_id, p.customer_id) AS customer_id, SUM(p.points) AS points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  WHERE p.entry_type IN ('earn', 'bonus') AND p.posted_date BETWEEN :period_start AND :period_end
  GROUP BY COALESCE(i.person_id, p.customer_id)
),
contacted AS (
  SELECT customer_id, SUM(cost) AS contact_cost
  FROM (
    SELECT t.customer_id, CAST(t.unit_cost AS DECIMAL(18, 4)) AS cost
    FROM v_touches AS t
    WHERE NOT t.is_control AND t.sent_date BETWEEN :period_start AND :period_end
    UNION ALL
    SELECT s.customer_id, CAST(s.cost AS DECIMAL(18, 4))
    FROM catalog_copies AS s
    WHERE NOT s.is_control AND s.shipped_date BETWEEN :period_start AND :period_end
  ) AS contacts
  GROUP BY customer_id
),
sold AS (
  SELECT customer_id, SUM(amount) AS amount, SUM(margin) AS margin
  FROM costed
  GROUP BY customer_id
),
accounted AS (
  SELECT
    c.customer_id,
    COALESCE(s.amount, 0) AS amount,
    COALESCE(s.margin, 0) AS margin,
    COALESCE(u.coupon_cost, 0) AS coupon_cost,
    CAST(CAST(COALESCE(g.points, 0) AS DOUBLE) * :point_value AS DECIMAL(18, 2)) AS point_cost,
    CAST(COALESCE(k.contact_cost, 0) AS DECIMAL(18, 2)) AS contact_cost,
    :return_handling * COALESCE(r.returns, 0) AS return_cost,
    COALESCE(h.shipping, 0) AS shipping
  FROM population AS c
  LEFT JOIN sold AS s ON s.customer_id = c.customer_id
  LEFT JOIN couponed AS u ON u.customer_id = c.customer_id
  LEFT JOIN granted AS g ON g.customer_id = c.customer_id
  LEFT JOIN contacted AS k ON k.customer_id = c.customer_id
  LEFT JOIN returned AS r ON r.customer_id = c.customer_id
  LEFT JOIN shipped AS h ON h.customer_id = c.customer_id
  WHERE COALESCE(s.customer_id, g.customer_id, k.customer_id) IS NOT NULL
),
shipping_total AS (
  SELECT COALESCE(SUM(shipping), 0) AS shipping FROM accounted
),
profited AS (
  SELECT a.*, a.margin - a.point_cost - a.contact_cost - a.return_cost - a.shipping AS contribution
  FROM accounted AS a
),
placed AS (
  SELECT
    p.*,
    ROW_NUMBER() OVER (ORDER BY p.contribution DESC, p.amount DESC, p.customer_id) AS place,
    COUNT(*) OVER () AS total
  FROM profited AS p
),
cut AS (
  SELECT p.*, TILE_OF(p.place, p.total, 10) AS tile
  FROM placed AS p
),
tiled AS (
  SELECT
    c.*,
    MIN(c.tile) OVER (PARTITION BY c.contribution) AS decile,
    c.contribution < 0 AS is_loss
  FROM cut AS c
),
-- A row of the answer: a customer or その他, or a decile.
shown AS (
  SELECT
    t.*,
    CASE WHEN :view = 'decile' THEN t.decile WHEN t.place <= :top_n THEN t.place END AS shown_place,
    CASE
      WHEN :view = 'decile' THEN CAST(t.decile AS VARCHAR)
      WHEN t.place <= :top_n THEN t.customer_id
      ELSE :other
    END AS shown_id
  FROM tiled AS t
),
summed AS (
  SELECT
    shown_place,
    shown_id,
    SUM(amount) AS amount,
    SUM(margin) AS margin,
    SUM(coupon_cost) AS coupon_cost,
    SUM(point_cost) AS point_cost,
    SUM(contact_cost) AS contact_cost,
    SUM(return_cost) AS return_cost,
    SUM(contribution) AS contribution
  FROM shown
  GROUP BY shown_place, shown_id
)
SELECT
  s.shown_id AS customer_id,
  s.amount,
  s.margin,
  s.coupon_cost,
  s.point_cost,
  s.contact_cost,
  s.return_cost,
  s.contribution,
  RATIO(SUM(s.contribution) OVER (ORDER BY s.shown_place NULLS LAST), SUM(s.contribution) OVER ()) AS cum_profit_share
FROM summed AS s
ORDER BY s.shown_place NULLS LAST
