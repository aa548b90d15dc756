-- The lines of a month's orders: one to four each. An order in thirty is a return of one line of the order before it.
CREATE OR REPLACE TEMP TABLE lines AS
WITH placed AS (
  SELECT
    getvariable('first') + i AS ordered,
    getvariable('begins') + CAST(i * getvariable('days') // getvariable('orders') AS INTEGER) AS order_date,
    i % 30 = 29 AS is_return
  FROM range(getvariable('orders')) AS n(i)
),
numbered AS (
  SELECT
    p.ordered,
    CAST(p.line_no AS INTEGER) AS line_no,
    p.order_date,
    p.is_return,
    hash(CASE WHEN p.is_return THEN p.ordered - 1 ELSE p.ordered END, p.line_no) AS drawn
  FROM (
    SELECT *, unnest(range(1, CASE WHEN is_return THEN 2 ELSE 2 + pick(ordered, 'lines', 4) END)) AS line_no
    FROM placed
  ) AS p
),
valued AS (
  SELECT
    ordered,
    line_no,
    order_date,
    is_return,
    CAST(CAST(drawn % 1000003 AS DOUBLE) * CAST(drawn // 1000003 % 1000003 AS DOUBLE) / 1000006000009 * getvariable('products') AS BIGINT) AS sold,
    CAST(1 + drawn % 3 AS INTEGER) AS items
  FROM numbered
)
SELECT
  ordered,
  order_of(ordered) AS order_id,
  line_no,
  order_date,
  product(sold) AS product_id,
  CASE WHEN is_return THEN -items ELSE items END AS quantity,
  price_of(sold) AS unit_price,
  price_of(sold) AS list_price,
  CAST(CASE WHEN is_return THEN -items ELSE items END * price_of(sold) AS DECIMAL(18, 2)) AS line_amount,
  CASE WHEN is_return THEN line_no END AS original_line_no
FROM valued
