-- What one rule found, once a pair.
SELECT
  f.low_id,
  f.high_id,
  :rule AS rule,
  :score AS score,
  CONCAT('{"shared":"', MIN(f.evidence), '"}') AS evidence,
  'merge' AS band
FROM found AS f
GROUP BY f.low_id, f.high_id
