/*
id: new_product_source
name: {ja: 新商品売上源泉分析, en: Source of volume of a new product}
category: product
origin: extension
tier: standard
question:
  ja: 新商品の購入者は、新しい顧客か、そのカテゴリに初めて来た人か、それとも自社の他の商品から移っただけか。
  en: "Are the buyers of the new product new to us, new to the category, or taken from our own products?"
method:
  ja: "「発売前の日数」の間の購入で購買者を分ける：新規顧客、新規カテゴリ、切替（他の商品が減った）、追加。旧商品ごとの共食い額＝新商品を買わなかった人の減り方を超える減少。"
  en: "Split buyers by the year before release: new customer, new to category, switched (less of another item), added; cannibalised amount per old product = fall beyond that of non-buyers."
parameter_groups: [base, pur]
parameters:
- {name: product, type: product_set, default: required, label_ja: 新商品, note: "a category, or a filter as JSON, of the items that are new together"}
- {name: before_days, type: int, default: 365, minimum: 1, label_ja: 発売前の日数, note: ""}
- {name: after_days, type: int, default: 180, minimum: 1, label_ja: 発売後の日数, note: ""}
columns:
- {name: source, type: enum, unit: none, label_ja: 源泉}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: lost_product, type: string, unit: none, label_ja: 減少商品}
- {name: cannibalised, type: money, unit: JPY, label_ja: 共食い額}
- {name: net_gain, type: money, unit: JPY, label_ja: 純増}
charts:
- {kind: waterfall, x: source, y: amount, where: {source: [新規顧客, 新規カテゴリ, 切替, 追加, 合計]}, options: {totals: [合計]}}
- {kind: bar, x: lost_product, y: cannibalised, where: {source: 共食い}}
- {kind: table}
cells:
- {name: source, keys: [source], customers: sourced, products: source_products, becomes: {ja: "その源泉の購買者", en: "buyers of that kind"}}
- {name: lost, keys: [source, lost_product], customers: old_buyers, products: lost_products, becomes: {ja: "以前に旧商品を買っていた購買者（source=共食い）", en: "buyers who had bought the old product before (source=共食い)"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, DIV0, SET]
example: {product: '{"product": "2500211"}', after_days: 60}
notes:
- ja: "発売＝対象商品の最も早い発売日、なければ最初の販売日。購買者は「発売後の日数」以内に対象商品のどれかを買った顧客。それより前の購入（予約）は発売日に買ったものとする。"
  en: "release is the first release_date of the items, else their first sale; buyers bought one of them within after_days; buys before it (pre-orders) count as bought on the day of release"
- ja: "新規顧客＝「発売前の日数」の間にまったく購入（サービスを含む）がない。新規カテゴリ＝そのカテゴリ（小カテゴリ）の購入がない。切替＝カテゴリの他の商品に使う1日あたりの額（発売後は基準日までに過ぎた日数による）が以前より少ない。追加＝以前と同じか多い。"
  en: "新規顧客 = no purchase at all in before_days, not even of a service; 新規カテゴリ = none in the category (category_l3); 切替 = spends less a day, of the days that have passed, on the category's other products than before; 追加 = as much or more"
- ja: "共食い額は、カテゴリの商品（親商品）ごとに、以前の購買者のうち新商品を買った人が、買わなかった人と同じだけ減ったとした場合に「発売後の日数」に使ったはずの額−実際に使った額。減りのない商品は出さない。"
  en: "cannibalised, product by product (parent) of the category: what its earlier buyers who took the new product would have spent on it in after_days, had they fallen as those who did not take it, less what they did spend; products that lost nothing are not listed"
- ja: "純増＝売上−共食い額。いずれも「発売後の日数」が過ぎるまで値なし。以前の購買者に新商品を買わなかった人がいない商品は比べられず、出さない。"
  en: "net_gain = amount less the cannibalised; both are null until after_days have passed; a product without an earlier buyer who did not take the new one cannot be compared, and is not listed"
- ja: "非会員の売上と、その後の日の売上はどの数字にも入れない。減少商品の購買者は、複数の行に入る。"
  en: "sales of guests and of later days are in no figure; lost products' buyers stand in several rows"
standard: Source-of-volume analysis with a non-buyer comparison group.
*/
WITH new_items AS (
  SELECT d.product_id, d.category_l3, d.release_date
  FROM products AS d
  WHERE d.product_id IN (:product) AND NOT COALESCE(d.is_service, FALSE)
),
goods AS (
  SELECT l.customer_id, l.product_id, l.category_l3, l.is_service, l.purchase_date, l.quantity, l.amount
  FROM purchase_lines AS l
  WHERE l.quantity > 0 AND l.purchase_date <= :as_of
),
first_sale AS (
  SELECT MIN(g.purchase_date) AS sale_date
  FROM goods AS g
  JOIN new_items AS n ON n.product_id = g.product_id
),
release AS (
  SELECT
    COALESCE(MIN(n.release_date), MIN(f.sale_date)) AS release_date,
    DATE_ADD('day', -:before_days, COALESCE(MIN(n.release_date), MIN(f.sale_date))) AS from_date,
    DATE_ADD('day', :after_days - 1, COALESCE(MIN(n.release_date), MIN(f.sale_date))) AS until_date,
    GREATEST(LEAST(:after_days, DATE_DIFF('day', COALESCE(MIN(n.release_date), MIN(f.sale_date)), :as_of) + 1), 0)
      AS days_passed
  FROM new_items AS n
  CROSS JOIN first_sale AS f
),
buyers AS (
  SELECT g.customer_id, SUM(g.amount) AS amount
  FROM goods AS g
  JOIN new_items AS n ON n.product_id = g.product_id
  CROSS JOIN release AS r
  WHERE g.purchase_date BETWEEN r.from_date AND r.until_date
  GROUP BY g.customer_id
),
-- What everybody bought of other products around the release, before it and after it.
others AS (
  SELECT
    g.customer_id,
    g.product_id,
    NOT g.is_service AND g.category_l3 IN (SELECT category_l3 FROM new_items WHERE category_l3 IS NOT NULL)
      AS is_in_category,
    CASE WHEN g.purchase_date < r.release_date THEN g.amount ELSE 0 END AS before_amount,
    CASE WHEN g.purchase_date >= r.release_date THEN g.amount ELSE 0 END AS after_amount
  FROM goods AS g
  CROSS JOIN release AS r
  WHERE
    g.purchase_date BETWEEN r.from_date AND r.until_date
    AND g.product_id NOT IN (SELECT product_id FROM new_items)
),
habits AS (
  SELECT
    customer_id,
    SUM(before_amount) AS before_amount,
    SUM(CASE WHEN is_in_category THEN before_amount ELSE 0 END) AS category_before,
    SUM(CASE WHEN is_in_category THEN after_amount ELSE 0 END) AS category_after
  FROM others
  GROUP BY customer_id
),
sourced AS (
  SELECT
    b.customer_id,
    b.amount,
    CASE
      WHEN COALESCE(h.before_amount, 0) = 0 THEN '新規顧客'
      WHEN h.category_before = 0 THEN '新規カテゴリ'
      WHEN RATIO(h.category_after, r.days_passed) < RATIO(h.category_before, :before_days) THEN '切替'
      ELSE '追加'
    END AS source
  FROM buyers AS b
  CROSS JOIN release AS r
  LEFT JOIN habits AS h ON h.customer_id = b.customer_id
),
source_products AS (
  SELECT DISTINCT s.source, n.product_id
  FROM sourced AS s
  CROSS JOIN new_items AS n
),
-- Earlier buyers of each old product of the category: what they spent on it before and after, with and without the new one.
spent AS (
  SELECT
    i.item AS lost_product,
    o.customer_id,
    b.customer_id IS NOT NULL AS took_new,
    SUM(o.before_amount) AS before_amount,
    SUM(o.after_amount) AS after_amount
  FROM others AS o
  JOIN item_levels AS i ON i.product_id = o.product_id AND i.level = 'parent'
  LEFT JOIN buyers AS b ON b.customer_id = o.customer_id
  WHERE o.is_in_category
  GROUP BY i.item, o.customer_id, b.customer_id
  HAVING SUM(o.before_amount) > 0
),
falls AS (
  SELECT
    lost_product,
    COUNT_IF(took_new) AS buyers,
    RATIO(SUM(CASE WHEN NOT took_new THEN after_amount END), SUM(CASE WHEN NOT took_new THEN before_amount END))
      * CAST(SUM(CASE WHEN took_new THEN before_amount END) AS DOUBLE)
      - CAST(SUM(CASE WHEN took_new THEN after_amount END) AS DOUBLE) AS fall
  FROM spent
  GROUP BY lost_product
),
lost AS (
  SELECT f.lost_product, f.buyers, CAST(f.fall AS DECIMAL(18, 2)) AS cannibalised
  FROM falls AS f
  CROSS JOIN release AS r
  WHERE f.fall > 0 AND r.until_date <= :as_of
),
old_buyers AS (
  SELECT '共食い' AS source, s.lost_product, s.customer_id
  FROM spent AS s
  JOIN lost AS l ON l.lost_product = s.lost_product
  WHERE s.took_new
),
lost_products AS (
  SELECT '共食い' AS source, l.lost_product, i.product_id
  FROM lost AS l
  JOIN item_levels AS i ON i.item = l.lost_product AND i.level = 'parent'
),
taken AS (
  SELECT CASE WHEN MAX(r.until_date) <= :as_of THEN COALESCE(SUM(l.cannibalised), 0) END AS cannibalised
  FROM release AS r
  LEFT JOIN lost AS l ON TRUE
),
total AS (
  SELECT COUNT(*) AS buyers, SUM(amount) AS amount FROM sourced
),
listed AS (
  SELECT
    s.source,
    COUNT(*) AS buyers,
    SUM(s.amount) AS amount,
    RATIO(SUM(s.amount), MAX(t.amount)) AS share,
    NULL AS lost_product,
    NULL AS cannibalised,
    NULL AS net_gain
  FROM sourced AS s
  CROSS JOIN total AS t
  GROUP BY s.source
  UNION ALL
  SELECT :total, t.buyers, t.amount, 1, NULL, k.cannibalised, t.amount - k.cannibalised
  FROM total AS t
  CROSS JOIN taken AS k
  WHERE t.buyers > 0
  UNION ALL
  SELECT '共食い', l.buyers, NULL, NULL, l.lost_product, l.cannibalised, NULL
  FROM lost AS l
)
SELECT source, buyers, amount, share, lost_product, cannibalised, net_gain
FROM listed
ORDER BY
  ARRAY_POSITION(ARRAY['新規顧客', '新規カテゴリ', '切替', '追加', :total, '共食い'], source),
  cannibalised DESC,
  lost_product
