/*
id: price_band_sales
name: {ja: 価格帯別売上分析, en: Sales by price band}
category: overview
origin: extension
tier: standard
question:
  ja: どの価格帯が、誰に売れているか。品揃えに穴はないか。
  en: "Which price bands sell, to whom, and where is a gap in the range?"
method:
  ja: "カテゴリの中で、明細を1点あたりの実売価格で価格帯に分ける。価格帯ごとの売上、数量、購買者数、販売中のSKU数、SKUあたり売上。"
  en: "Band lines by charged unit price inside a category; sales, pieces, buyers, number of offered SKUs and sales per SKU per band."
parameter_groups: [period, base, pur]
parameters:
- {name: level, type: "enum(category_l1,category_l2,category_l3)", default: category_l1, label_ja: カテゴリの階層, note: ""}
- {name: band_mode, type: "enum(fixed,log,quantile)", default: log, label_ja: 価格帯の切り方, note: "fixed = bands; log = 1, 2, 5, 10, 20, 50 …; quantile = five bands of equally many lines inside each category"}
- {name: bands, type: list(money), default: "1000,3000,5000,10000,30000,50000,100000", minimum: 0, label_ja: 価格帯の境界, note: "fixed only; lower ends, rising"}
- {name: price, type: "enum(charged,list)", default: charged, label_ja: 価格, note: "list = today's regular price of the product"}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: band, type: string, unit: JPY, label_ja: 価格帯}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: quantity, type: int, unit: items, label_ja: 数量}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: skus, type: int, unit: products, label_ja: SKU数}
- {name: amount_per_sku, type: money, unit: JPY, label_ja: SKUあたり売上}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
charts:
- {kind: heatmap, x: band, y: category, color: share}
- {kind: stacked_bar, x: band, y: amount, color: category}
- {kind: table}
cells:
- {name: cell, keys: [category, band], customers: banded, products: banded, becomes: {ja: "その価格帯の購買者と商品", en: "buyers and products of the band"}}
rules: [TZ, PUR, RET, NEG, GUEST, UNK, TIE, RECON, SET]
notes:
- ja: "構成比はカテゴリの中の割合。売上が0以下の価格帯は値なし。"
  en: "share is of the category; a band at zero or below has none"
- ja: "価格帯は下端を含み、上端を含まない。「価格帯の切り方」がquantileのときは両端を含む。"
  en: "a band holds its lower end and not its upper one; bands of quantiles hold both"
- ja: "SKU数＝集計期間に販売中で、通常価格がその価格帯に入る商品の数。商品はあるが売れなかった価格帯も0として残す（quantileを除く）。"
  en: "skus are the products on sale in the period whose regular price lies in the band; a band that offers some but sold none stays in sight, with zero (not for quantiles)"
- ja: "注文が明細以外に請求する額には価格がなく、「送料・調整」に入る。"
  en: "what an order charges beyond its lines has no price and stands in 送料・調整"
*/
WITH edges AS (
  SELECT
    CASE :band_mode
      WHEN 'log' THEN ARRAY[
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
        2000000, 5000000, 10000000
      ]
      ELSE TRANSFORM(:bands, b -> CAST(b AS INTEGER))
    END AS borders
),
priced AS (
  SELECT
    CASE
      WHEN l.is_adjustment THEN :adjustment
      ELSE COALESCE(
        CASE :level WHEN 'category_l1' THEN l.category_l1 WHEN 'category_l2' THEN l.category_l2 ELSE l.category_l3 END,
        :unknown
      )
    END AS category,
    l.order_id,
    l.product_id,
    CASE WHEN NOT l.is_guest AND NOT l.is_return THEN l.customer_id END AS customer_id,
    l.quantity,
    l.amount,
    CASE
      WHEN l.is_adjustment OR l.quantity = 0 THEN NULL
      WHEN :price = 'list' THEN CAST(d.list_price AS DOUBLE)
      ELSE CAST(ROUND(RATIO(l.amount, l.quantity)) AS DOUBLE)
    END AS price
  FROM sales_lines AS l
  LEFT JOIN products AS d ON d.product_id = l.product_id
  WHERE l.sale_date BETWEEN :period_start AND :period_end
),
ranked AS (
  SELECT
    p.*,
    ROW_NUMBER() OVER (PARTITION BY p.category, p.price IS NULL ORDER BY p.price, p.order_id, p.product_id) AS place,
    COUNT(*) OVER (PARTITION BY p.category, p.price IS NULL) AS total
  FROM priced AS p
),
tiled AS (
  SELECT
    r.*,
    MIN(TILE_OF(r.place, r.total, 5)) OVER (PARTITION BY r.category, r.price) AS tile
  FROM ranked AS r
),
bounded AS (
  SELECT
    t.*,
    CASE
      WHEN t.price IS NULL THEN NULL
      WHEN :band_mode = 'quantile' THEN MIN(t.price) OVER (PARTITION BY t.category, t.tile)
      ELSE COALESCE(CAST(ARRAY_MAX(FILTER(e.borders, b -> b <= t.price)) AS DOUBLE), 0)
    END AS low,
    CASE
      WHEN t.price IS NULL THEN NULL
      WHEN :band_mode = 'quantile' THEN MAX(t.price) OVER (PARTITION BY t.category, t.tile)
      ELSE CAST(ARRAY_MIN(FILTER(e.borders, b -> b > t.price)) AS DOUBLE)
    END AS high
  FROM tiled AS t
  CROSS JOIN edges AS e
),
on_sale AS (
  SELECT
    COALESCE(
      CASE :level WHEN 'category_l1' THEN d.category_l1 WHEN 'category_l2' THEN d.category_l2 ELSE d.category_l3 END,
      :unknown
    ) AS category,
    d.product_id,
    CAST(d.list_price AS DOUBLE) AS price,
    COALESCE(CAST(ARRAY_MAX(FILTER(e.borders, b -> b <= d.list_price)) AS DOUBLE), 0) AS low,
    CAST(ARRAY_MIN(FILTER(e.borders, b -> b > d.list_price)) AS DOUBLE) AS high
  FROM products AS d
  CROSS JOIN edges AS e
  WHERE
    d.list_price IS NOT NULL
    AND NOT COALESCE(d.is_service, FALSE)
    AND COALESCE(d.release_date <= :period_end, TRUE)
    AND COALESCE(d.discontinued_date >= :period_start, TRUE)
    AND d.product_id IN (:product_filter)
),
all_bands AS (
  SELECT category, low, high FROM bounded
  UNION
  SELECT category, low, high FROM on_sale WHERE :band_mode <> 'quantile'
),
named AS (
  SELECT
    category,
    low,
    high,
    CASE
      WHEN low IS NULL THEN :unknown
      WHEN high IS NULL THEN CAST(CAST(low AS BIGINT) AS VARCHAR) || '円以上'
      ELSE CAST(CAST(low AS BIGINT) AS VARCHAR) || '〜' || CAST(CAST(high AS BIGINT) AS VARCHAR) || '円'
    END AS band
  FROM all_bands
),
banded AS (
  SELECT n.category, n.band, b.customer_id, b.product_id, b.quantity, b.amount
  FROM bounded AS b
  JOIN named AS n
    ON n.category = b.category
    AND COALESCE(n.low, -1) = COALESCE(b.low, -1)
    AND COALESCE(n.high, -1) = COALESCE(b.high, -1)
),
measured AS (
  SELECT
    category,
    band,
    SUM(amount) AS amount,
    SUM(quantity) AS quantity,
    COUNT(DISTINCT customer_id) AS buyers
  FROM banded
  GROUP BY category, band
),
offered AS (
  SELECT n.category, n.band, COUNT(*) AS skus
  FROM named AS n
  JOIN on_sale AS d
    ON d.category = n.category
    AND d.price >= n.low
    AND (n.high IS NULL OR d.price < n.high OR (:band_mode = 'quantile' AND d.price = n.high))
  GROUP BY n.category, n.band
)
SELECT
  n.category,
  n.band,
  COALESCE(m.amount, 0) AS amount,
  COALESCE(m.quantity, 0) AS quantity,
  COALESCE(m.buyers, 0) AS buyers,
  COALESCE(o.skus, 0) AS skus,
  CAST(RATIO(COALESCE(m.amount, 0), o.skus) AS DECIMAL(18, 2)) AS amount_per_sku,
  CASE WHEN m.amount > 0 THEN RATIO(m.amount, SUM(m.amount) OVER (PARTITION BY n.category)) END AS share
FROM named AS n
LEFT JOIN measured AS m ON m.category = n.category AND m.band = n.band
LEFT JOIN offered AS o ON o.category = n.category AND o.band = n.band
ORDER BY
  CASE n.category WHEN :adjustment THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  n.category,
  n.low,
  n.high
