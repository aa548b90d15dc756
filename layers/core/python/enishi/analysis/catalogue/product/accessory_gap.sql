/*
id: accessory_gap
name: {ja: 必需品買い忘れ・あると便利分析, en: Missing accessories}
category: product
origin: extension
tier: core
question:
  ja: SDカードなしでカメラを、台なしでテレビを買ったのは誰か。あとから買われる割合はどれくらいか。
  en: "Who bought a camera without an SD card, or a TV without a stand, and how often is it bought later?"
method:
  ja: "「関連の種類」の関係ごとに、主商品の購入者数、同じかごでの同時購入率、その後の日数内の後日購入率、一度も買っていない未購入者数（世帯内での購入も見る）、機会額を出す。"
  en: "For each relation of the kind asked: owners of the main item, attach rate in the same basket, attach rate later within the window, owners who never did (nor anybody in the household); money left."
parameter_groups: [period, base, pur]
parameters:
- {name: relation, type: "enum(essential,useful,refill,care)", default: essential, label_ja: 関連の種類, note: "essential = 一緒にないと使えない, useful = あると便利"}
- {name: window_days, type: int, default: 30, minimum: 1, label_ja: 後日とみなす日数, note: ""}
- {name: mine_pairs, type: bool, default: false, label_ja: 併売の実績からも加える, note: "add pairs of categories that are in the same baskets at least 30 times and 1.5 times as often as by chance"}
columns:
- {name: main_item, type: string, unit: none, label_ja: 主商品}
- {name: accessory, type: string, unit: none, label_ja: 関連商品}
- {name: owners, type: int, unit: people, label_ja: 購入者数}
- {name: attach_same, type: ratio, unit: ratio, label_ja: 同時購入率}
- {name: attach_later, type: ratio, unit: ratio, label_ja: 後日購入率}
- {name: missing, type: int, unit: people, label_ja: 未購入者数}
- {name: days_median, type: double, unit: days, label_ja: 後日日数中央値}
- {name: potential, type: money, unit: JPY, label_ja: 機会額}
charts:
- {kind: bar, x: main_item, y: missing, color: accessory}
- {kind: table}
cells:
- {name: missing, keys: [main_item, accessory], customers: missing_owners, products: accessories, becomes: {ja: "関連商品のない購入者。商品は適合する関連商品", en: "owners without the accessory; products = fitting accessories"}}
- {name: owners, keys: [main_item, accessory, outcome, days], types: {outcome: string, days: int}, customers: outcomes, products: accessories_again, becomes: {ja: "その後の結果別の購入者。same（同時）、before（以前から）、later（後日）、household（同じ世帯にあり）、missing（未購入）", en: "owners by what happened: same, before, later, household (it is in the same household), missing"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, SET]
needs: [product_relations]
notes:
- ja: "箱に同梱されている付属品は、商品関連の表で除いている。"
  en: "accessories supplied inside the box are kept out through the relation table"
- ja: "購入者＝集計期間に主商品を買い、返品していない顧客。期間内で最初の購入で数える。"
  en: "an owner bought the main item in the period and kept it; her first such purchase counts"
- ja: "後日購入率は、主商品の購入日に関連商品がなく、「後日とみなす日数」が過ぎた購入者に対する割合。後日日数中央値は、時期を問わず後日買った全員のもの。"
  en: "attach_later is over owners without the accessory at that day for whom window_days have passed; the median is over all who bought it later, whenever"
- ja: "かごは注文またはレシート。「購入の数え方」がdayのときは、顧客の1日の買い物を1つのかごとする。"
  en: "a basket is an order or a receipt; with purchase_unit=day all that a customer buys on one day"
- ja: "以前から関連商品を持っている人と、持っている人と同じ世帯の人は、未購入者に数えず、後日購入率にも入れない。"
  en: "whoever has the accessory from before, or shares a household with somebody who has it, is no gap, and stands in no rate of attachment later"
- ja: "機会額＝未購入者数×集計期間の関連商品の1点あたり価格の中央値（なければ定価の中央値）。"
  en: "potential = missing × the median price per unit of the accessory in the period, else the median list price"
*/
WITH goods AS (
  SELECT
    l.customer_id,
    c.household_id,
    l.product_id,
    CASE :purchase_unit WHEN 'day' THEN l.customer_id || ' ' || CAST(l.purchase_date AS VARCHAR) ELSE l.order_id END
      AS basket_id,
    l.purchase_at,
    l.purchase_date,
    l.quantity,
    l.amount
  FROM purchase_lines AS l
  JOIN population AS c ON c.customer_id = l.customer_id
  WHERE l.quantity > 0
),
-- Categories that are in the same baskets more often than by chance, for mine_pairs.
basket_categories AS (
  SELECT DISTINCT
    CASE :purchase_unit WHEN 'day' THEN l.customer_id || ' ' || CAST(l.purchase_date AS VARCHAR) ELSE l.order_id END
      AS basket_id,
    d.category_l1 || '/' || d.category_l2 || '/' || d.category_l3 AS path,
    d.category_l3 AS name
  FROM purchase_lines AS l
  JOIN products AS d ON d.product_id = l.product_id
  WHERE
    :mine_pairs
    AND l.quantity > 0
    AND NOT l.is_service
    AND l.purchase_date BETWEEN :period_start AND :period_end
    AND d.category_l3 IS NOT NULL
),
category_baskets AS (
  SELECT path, COUNT(*) AS baskets
  FROM basket_categories
  GROUP BY path
),
all_baskets AS (
  SELECT COUNT(DISTINCT basket_id) AS baskets FROM basket_categories
),
mined AS (
  SELECT a.path AS from_path, a.name AS from_name, b.path AS to_path, b.name AS to_name
  FROM basket_categories AS a
  JOIN basket_categories AS b ON b.basket_id = a.basket_id AND b.path <> a.path
  JOIN category_baskets AS x ON x.path = a.path
  JOIN category_baskets AS y ON y.path = b.path
  CROSS JOIN all_baskets AS t
  GROUP BY a.path, a.name, b.path, b.name, x.baskets, y.baskets, t.baskets
  HAVING COUNT(*) >= 30 AND RATIO(COUNT(*) * t.baskets, x.baskets * y.baskets) >= 1.5
),
pairings AS (
  SELECT
    CASE WHEN r.from_key = r.from_product_id THEN a.product ELSE r.from_name END AS main_item,
    CASE WHEN r.to_key = r.to_product_id THEN b.product ELSE r.to_name END AS accessory,
    r.from_product_id,
    r.to_product_id
  FROM relation_products AS r
  JOIN product_labels AS a ON a.product_id = r.from_product_id
  JOIN product_labels AS b ON b.product_id = r.to_product_id
  WHERE r.relation = :relation
  UNION
  SELECT m.from_name, m.to_name, a.product_id, b.product_id
  FROM mined AS m
  JOIN products AS a ON a.category_l1 || '/' || a.category_l2 || '/' || a.category_l3 = m.from_path
  JOIN products AS b ON b.category_l1 || '/' || b.category_l2 || '/' || b.category_l3 = m.to_path
),
mains AS (
  SELECT DISTINCT main_item, accessory, from_product_id FROM pairings
),
accessories AS (
  SELECT DISTINCT main_item, accessory, to_product_id AS product_id FROM pairings
),
owners AS (
  SELECT
    m.main_item,
    m.accessory,
    g.customer_id,
    g.household_id,
    MIN(g.purchase_date) AS owned_date,
    MIN_BY(g.basket_id, ROW(g.purchase_at, g.basket_id)) AS basket_id
  FROM mains AS m
  JOIN goods AS g ON g.product_id = m.from_product_id
  WHERE g.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY m.main_item, m.accessory, g.customer_id, g.household_id
),
accessory_goods AS (
  SELECT a.main_item, a.accessory, g.customer_id, g.household_id, g.basket_id, g.purchase_date
  FROM accessories AS a
  JOIN goods AS g ON g.product_id = a.product_id
),
own_accessories AS (
  SELECT
    o.main_item,
    o.accessory,
    o.customer_id,
    COUNT_IF(g.basket_id = o.basket_id) > 0 AS is_same,
    COUNT_IF(g.purchase_date < o.owned_date) > 0 AS is_before,
    MIN(CASE WHEN g.basket_id <> o.basket_id AND g.purchase_date >= o.owned_date THEN g.purchase_date END) AS later_date
  FROM owners AS o
  JOIN accessory_goods AS g
    ON g.main_item = o.main_item AND g.accessory = o.accessory AND g.customer_id = o.customer_id
  GROUP BY o.main_item, o.accessory, o.customer_id
),
household_accessories AS (
  SELECT DISTINCT main_item, accessory, household_id
  FROM accessory_goods
  WHERE household_id IS NOT NULL
),
outcomes AS (
  SELECT
    o.main_item,
    o.accessory,
    o.customer_id,
    o.owned_date,
    CASE
      WHEN s.is_same THEN 'same'
      WHEN s.is_before THEN 'before'
      WHEN s.later_date IS NOT NULL THEN 'later'
      WHEN h.household_id IS NOT NULL THEN 'household'
      ELSE 'missing'
    END AS outcome,
    CASE WHEN NOT s.is_same AND NOT s.is_before THEN DATE_DIFF('day', o.owned_date, s.later_date) END AS days
  FROM owners AS o
  LEFT JOIN own_accessories AS s
    ON s.main_item = o.main_item AND s.accessory = o.accessory AND s.customer_id = o.customer_id
  LEFT JOIN household_accessories AS h
    ON h.main_item = o.main_item AND h.accessory = o.accessory AND h.household_id = o.household_id
),
missing_owners AS (
  SELECT main_item, accessory, customer_id FROM outcomes WHERE outcome = 'missing'
),
accessories_again AS (
  SELECT DISTINCT o.main_item, o.accessory, o.outcome, o.days, a.product_id
  FROM outcomes AS o
  JOIN accessories AS a ON a.main_item = o.main_item AND a.accessory = o.accessory
),
prices AS (
  SELECT
    a.main_item,
    a.accessory,
    COALESCE(QUANTILE_OF(RATIO(g.amount, g.quantity), 0.5), QUANTILE_OF(d.list_price, 0.5)) AS price
  FROM accessories AS a
  JOIN products AS d ON d.product_id = a.product_id
  LEFT JOIN goods AS g
    ON g.product_id = a.product_id AND g.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY a.main_item, a.accessory
),
summed AS (
  SELECT
    main_item,
    accessory,
    COUNT(*) AS owners,
    COUNT_IF(outcome = 'same') AS same,
    COUNT_IF(outcome IN ('later', 'missing') AND owned_date <= DATE_ADD('day', -:window_days, :as_of)) AS followed,
    COUNT_IF(
      outcome = 'later' AND days <= :window_days AND owned_date <= DATE_ADD('day', -:window_days, :as_of)
    ) AS later,
    COUNT_IF(outcome = 'missing') AS missing,
    QUANTILE_OF(days, 0.5) AS days_median
  FROM outcomes
  GROUP BY main_item, accessory
)
SELECT
  s.main_item,
  s.accessory,
  s.owners,
  RATIO(s.same, s.owners) AS attach_same,
  RATIO(s.later, s.followed) AS attach_later,
  s.missing,
  s.days_median,
  CAST(s.missing * p.price AS DECIMAL(18, 2)) AS potential
FROM summed AS s
JOIN prices AS p ON p.main_item = s.main_item AND p.accessory = s.accessory
ORDER BY s.missing DESC, s.owners DESC, s.main_item, s.accessory
