-- The lines that receivers (and withheld receivers) of a copy bought within `window_days` from its arrival, one row a copy and
-- line, under `base` and `pur`. `place` 1 is the latest arrived copy, `listed_place` 1 the latest whose issue lists the item,
-- `coded_place` 1 the latest whose code the order carries (rule ONCE); withheld copies are placed apart.
WITH listed AS (
  SELECT catalog_id, product_id, COUNT_IF(is_catalog_only) > 0 AS is_catalog_only
  FROM catalog_items
  GROUP BY catalog_id, product_id
),
bought AS (
  SELECT
    s.shipment_id,
    s.catalog_id,
    s.customer_id,
    s.is_control,
    s.delivered_date,
    l.order_id,
    l.line_no,
    l.product_id,
    l.purchase_date,
    l.channel,
    l.amount,
    l.margin,
    i.product_id IS NOT NULL AS is_listed,
    COALESCE(i.is_catalog_only, FALSE) AS is_catalog_only,
    COALESCE(o.response_code = s.catalog_id, FALSE) AS is_coded
  FROM catalog_copies AS s
  JOIN purchase_lines AS l
    ON l.customer_id = s.customer_id
    AND l.purchase_date >= s.delivered_date
    AND l.purchase_date <= DATE_ADD('day', :window_days, s.delivered_date)
  JOIN orders AS o ON o.order_id = l.order_id
  LEFT JOIN listed AS i ON i.catalog_id = s.catalog_id AND i.product_id = l.product_id
  WHERE NOT s.is_returned
)
SELECT
  b.*,
  ROW_NUMBER() OVER (
    PARTITION BY b.order_id, b.line_no, b.product_id, b.is_control ORDER BY b.delivered_date DESC, b.shipment_id DESC
  ) AS place,
  ROW_NUMBER() OVER (
    PARTITION BY b.order_id, b.line_no, b.product_id, b.is_control, b.is_listed
    ORDER BY b.delivered_date DESC, b.shipment_id DESC
  ) AS listed_place,
  ROW_NUMBER() OVER (
    PARTITION BY b.order_id, b.line_no, b.product_id, b.is_control, b.is_coded
    ORDER BY b.delivered_date DESC, b.shipment_id DESC
  ) AS coded_place
FROM bought AS b
