/*
id: discount_dependency_product
name: {ja: 商品別値引き依存度分析, en: Discount dependency of products}
category: product
origin: extension
tier: standard
question:
  ja: 値引きしないと売れない商品はどれか。定価ではどれだけ売れるのか。
  en: "Which products sell only when reduced, and what is left at the regular price?"
method:
  ja: "定価より安く売れた数量の割合と平均値引率、通常価格での1日あたり数量、値引帯（定価を含む）ごとの1日あたり数量、販売倍率、1日あたり粗利。"
  en: "Share of quantity sold below list and its average discount; base quantity per day at regular price; quantity per day, uplift and margin per day by depth of discount (regular price included)."
parameter_groups: [period, base, pur, top]
parameters:
- {name: depth_bands, type: list(ratio), default: "0.05,0.10,0.20,0.30,0.50", minimum: 0, maximum: 1, label_ja: 値引帯の下限, note: "whole percents; less than the first is the regular price"}
- {name: level, type: "enum(parent,category_l3,brand)", default: parent, label_ja: 商品の単位, note: ""}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "pieces judged, or pieces of the multiple's base, sold or to be expected at the regular price, under which low_n is set"}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: discounted_share, type: ratio, unit: ratio, label_ja: 値引販売率}
- {name: avg_depth, type: ratio, unit: ratio, label_ja: 平均値引率}
- {name: base_per_day, type: double, unit: items/day, label_ja: 定価時日販}
- {name: depth, type: string, unit: ratio, label_ja: 値引帯}
- {name: per_day, type: double, unit: items/day, label_ja: 値引時日販}
- {name: uplift, type: double, unit: ratio, label_ja: 販売倍率}
- {name: margin_per_day, type: money, unit: JPY/day, label_ja: 日粗利}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: item, y: uplift, color: depth}
- {kind: heatmap, x: depth, y: item, color: uplift}
- {kind: table}
cells:
- {name: depth, keys: [item, depth], customers: single_depth_buyers, products: item_products, becomes: {ja: "その商品をこの値引帯でだけ買った顧客", en: "customers who bought it only at this depth"}}
rules: [TZ, RET, NEG, GUEST, UNK, SMALL, DIV0, SET]
notes:
- ja: "欠品の日は1日あたりの平均に入れない。発売前と販売終了後の日も同じ。"
  en: "days out of stock are left out of the daily mean, so are days before release and after the end of sale"
- ja: "その日の値引帯は、その日に誰かが払う最安値（price_history）を、その日の通常価格と比べて決める。サイトや店舗の価格は、対象をそのチャネルや店舗に絞ったときだけ数える。"
  en: "a day has the depth of the lowest price that anybody could pay on it (price_history), against the regular price of the day; prices of the site or of stores count where the question is about these channels or stores alone"
- ja: "値引販売率は売れた数量に対する割合、平均値引率は安く売れた品の定価額に対する値引額の割合で、実際の売価を明細の定価と比べる。定価のない明細は判定しない。"
  en: "discounted_share is of the pieces, avg_depth of the reduced ones weighted by list value: what was charged against the list price of the line; lines without a list price are not judged"
- ja: "値引時日販は、その値引帯になった商品の日販を、それぞれ自身の日数で求めて足したもの。販売倍率は、その数量を、同じ商品が通常価格（「定価」の行）で1日に売れる数量と比べたもの。"
  en: "per_day adds up the products of the item that had this depth, each over its own days; uplift compares their pieces with what the same products sell a day at the regular price (定価)"
- ja: "原価のない明細があれば日粗利は値なし。サービスと、返品を引いた数量が0以下の商品は除く。"
  en: "margin_per_day is null where a line has no cost; services, and items whose pieces net of returns are zero or less, are left out"
- ja: "定価より安く売れた金額の順に「表示件数」までの商品を残し、残りは「その他」にまとめる。"
  en: "the top_n items by the money sold below list price are kept, the rest is summed as その他"
standard: null
*/
WITH sold AS (
  SELECT
    i.item,
    l.product_id,
    CASE WHEN NOT l.is_guest THEN l.customer_id END AS customer_id,
    l.sale_date,
    l.quantity,
    l.amount,
    l.cost,
    l.list_price * l.quantity AS list_amount,
    1 - RATIO(COALESCE(l.unit_price, l.amount / NULLIF(l.quantity, 0)), l.list_price) AS line_depth
  FROM sales_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  WHERE NOT i.is_service AND l.sale_date BETWEEN :period_start AND :period_end
),
banded AS (
  SELECT s.*, b.depth, COALESCE(b.place, 0) AS place
  FROM sold AS s
  LEFT JOIN discount_bands AS b ON s.line_depth >= b.low AND s.line_depth < b.high
),
shares AS (
  SELECT
    item,
    SUM(quantity) AS quantity,
    SUM(CASE WHEN line_depth IS NOT NULL THEN quantity ELSE 0 END) AS judged,
    SUM(CASE WHEN place > 0 THEN quantity ELSE 0 END) AS reduced,
    SUM(CASE WHEN place > 0 THEN amount ELSE 0 END) AS reduced_amount,
    SUM(CASE WHEN place > 0 THEN list_amount * line_depth ELSE 0 END) AS taken_off,
    SUM(CASE WHEN place > 0 THEN list_amount ELSE 0 END) AS reduced_list_amount
  FROM banded
  GROUP BY item
  HAVING SUM(quantity) > 0
),
shown_items AS (
  SELECT s.*, CASE WHEN s.place <= :top_n OR s.item = :unknown THEN s.item ELSE :other END AS shown
  FROM (
    SELECT
      x.*,
      ROW_NUMBER() OVER (
        ORDER BY CASE WHEN x.item = :unknown THEN 1 ELSE 0 END, x.reduced_amount DESC, x.quantity DESC, x.item
      ) AS place
    FROM shares AS x
  ) AS s
),
-- Each product on each day on which it could be bought: what was sold, and at what depth.
days AS (
  SELECT day
  FROM UNNEST(SEQUENCE(:period_start, LEAST(:period_end, :as_of), INTERVAL '1' DAY)) AS t(day)
),
daily AS (
  SELECT
    product_id,
    sale_date,
    SUM(quantity) AS quantity,
    CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(amount - cost) END AS margin
  FROM sold
  GROUP BY product_id, sale_date
),
empty_days AS (
  SELECT product_id, snapshot_date
  FROM inventory
  WHERE snapshot_date BETWEEN :period_start AND :period_end AND store_id IN (:stores)
  GROUP BY product_id, snapshot_date
  HAVING EVERY(available_qty <= 0)
),
prices AS (
  SELECT
    s.product_id,
    t.day,
    MIN(s.price) AS price,
    MAX(CASE WHEN s.price_type = 'regular' THEN s.price END) AS regular_price
  FROM price_spans AS s
  JOIN days AS t
    ON t.day >= LOCAL_DAY(s.from_at) AND COALESCE(t.day <= LOCAL_DAY(DATE_ADD('second', -1, s.until_at)), TRUE)
  WHERE
    s.scope = 'all'
    OR (NOT :channels_is_open AND s.scope = 'ec' AND 'ec' IN (:channels))
    OR (NOT :stores_is_open AND STARTS_WITH(s.scope, 'store:') AND SUBSTRING(s.scope, 7) IN (:stores))
  GROUP BY s.product_id, t.day
),
product_days AS (
  SELECT
    n.shown,
    p.product_id,
    1 - RATIO(c.price, COALESCE(c.regular_price, d.list_price)) AS day_depth,
    COALESCE(q.quantity, 0) AS quantity,
    CASE WHEN q.product_id IS NULL THEN 0 ELSE q.margin END AS margin
  FROM (SELECT DISTINCT item, product_id FROM sold) AS p
  JOIN shown_items AS n ON n.item = p.item
  JOIN products AS d ON d.product_id = p.product_id
  CROSS JOIN days AS t
  LEFT JOIN daily AS q ON q.product_id = p.product_id AND q.sale_date = t.day
  LEFT JOIN empty_days AS e ON e.product_id = p.product_id AND e.snapshot_date = t.day
  LEFT JOIN prices AS c ON c.product_id = p.product_id AND c.day = t.day
  WHERE
    q.quantity <> 0
    OR (
      e.product_id IS NULL
      AND COALESCE(d.release_date <= t.day, TRUE)
      AND COALESCE(d.discontinued_date > t.day, TRUE)
    )
),
by_product AS (
  SELECT
    p.shown,
    p.product_id,
    COALESCE(b.place, 0) AS place,
    b.depth,
    COUNT(*) AS days,
    SUM(p.quantity) AS quantity,
    RATIO(SUM(p.quantity), COUNT(*)) AS per_day,
    CASE WHEN COUNT(p.margin) = COUNT(*) THEN RATIO(SUM(p.margin), COUNT(*)) END AS margin_per_day
  FROM product_days AS p
  LEFT JOIN discount_bands AS b ON p.day_depth >= b.low AND p.day_depth < b.high
  GROUP BY p.shown, p.product_id, b.place, b.depth
),
by_item AS (
  SELECT
    p.shown,
    p.place,
    COALESCE(p.depth, '定価') AS depth,
    SUM(p.per_day) AS per_day,
    RATIO(SUM(CASE WHEN r.product_id IS NOT NULL THEN p.quantity END), SUM(r.per_day * p.days)) AS uplift,
    LEAST(SUM(r.quantity), ROUND(SUM(r.per_day * p.days), 9)) AS base_pieces,
    CASE WHEN COUNT(p.margin_per_day) = COUNT(*) THEN SUM(p.margin_per_day) END AS margin_per_day
  FROM by_product AS p
  LEFT JOIN by_product AS r ON r.shown = p.shown AND r.product_id = p.product_id AND r.place = 0
  GROUP BY p.shown, p.place, p.depth
),
summed AS (
  SELECT
    shown,
    MIN(place) AS place,
    SUM(judged) AS judged,
    RATIO(SUM(reduced), SUM(judged)) AS discounted_share,
    RATIO(SUM(taken_off), SUM(reduced_list_amount)) AS avg_depth
  FROM shown_items
  GROUP BY shown
),
single_depth_buyers AS (
  SELECT n.shown AS item, COALESCE(MIN(b.depth), '定価') AS depth, b.customer_id
  FROM banded AS b
  JOIN shown_items AS n ON n.item = b.item
  WHERE b.customer_id IS NOT NULL AND b.line_depth IS NOT NULL
  GROUP BY n.shown, b.customer_id
  HAVING SUM(b.quantity) > 0 AND MIN(b.place) = MAX(b.place)
),
item_products AS (
  SELECT DISTINCT shown AS item, COALESCE(depth, '定価') AS depth, product_id FROM by_product
)
SELECT
  i.shown AS item,
  s.discounted_share,
  s.avg_depth,
  r.per_day AS base_per_day,
  i.depth,
  i.per_day,
  i.uplift,
  CAST(i.margin_per_day AS DECIMAL(18, 2)) AS margin_per_day,
  (s.discounted_share IS NOT NULL AND s.judged < :min_cell)
    OR (i.uplift IS NOT NULL AND i.base_pieces < :min_cell) AS low_n
FROM by_item AS i
JOIN summed AS s ON s.shown = i.shown
LEFT JOIN by_item AS r ON r.shown = i.shown AND r.place = 0
ORDER BY CASE i.shown WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END, s.place, i.place
