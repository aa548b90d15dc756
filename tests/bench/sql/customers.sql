-- One in a hundred is a record that was merged into another one.
SELECT
  customer(i) AS customer_id,
  CAST(DATE '2015-01-01' + CAST(pick(i, 'joined', 3200) AS INTEGER) AS TIMESTAMP) AS registered_at,
  DATE '2015-01-01' + CAST(pick(i, 'joined', 3200) AS INTEGER) AS registered_date,
  list_extract(['store', 'ec', 'app', 'line'], 1 + pick(i, 'channel', 4)) AS join_channel,
  DATE '1940-01-01' + CAST(pick(i, 'born', 25000) AS INTEGER) AS birth_date,
  list_extract(['female', 'male', 'unknown'], 1 + pick(i, 'gender', 3)) AS gender,
  lpad(CAST(1 + pick(i, 'home', 47) AS VARCHAR), 2, '0') AS prefecture,
  list_extract(['regular', 'silver', 'gold'], 1 + pick(i, 'rank', 3)) AS member_rank,
  CASE WHEN i % 100 = 99 THEN 'merged' ELSE 'active' END AS status,
  CASE WHEN i % 100 = 99 THEN customer(i - 1) END AS merged_into,
  FALSE AS is_employee,
  FALSE AS is_virtual
FROM range(getvariable('customers')) AS n(i)
