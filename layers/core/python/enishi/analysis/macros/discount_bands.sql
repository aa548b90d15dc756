-- The bands of a reduction of price (parameter `depth_bands`, lower ends as shares), in words; below the first is no band.
WITH borders AS (
  SELECT
    border AS low,
    LEAD(border) OVER (ORDER BY border) AS high,
    ROW_NUMBER() OVER (ORDER BY border) AS place
  FROM UNNEST(:depth_bands) AS t(border)
)
SELECT
  place,
  low - 1e-9 AS low,
  COALESCE(high, 2) - 1e-9 AS high,
  CAST(CAST(ROUND(low * 100) AS BIGINT) AS VARCHAR)
    || COALESCE('〜' || CAST(CAST(ROUND(high * 100) AS BIGINT) AS VARCHAR) || '%未満', '%以上') AS depth
FROM borders
