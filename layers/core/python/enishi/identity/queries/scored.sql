-- Pairs of records that share a block, with the sum of evidence in bits. What stands on it: `blocked` (records by what
-- they are compared for), `levels` (how far each field agrees), `weighed` (the bits of each field).
SELECT
  w.low_id,
  w.high_id,
  'scored' AS rule,
  1.0E0 / (1.0E0 + POWER(2.0E0, :prior - w.bits)) AS score,
  w.evidence,
  CASE WHEN w.bits >= :merge AND w.may_merge THEN 'merge' ELSE 'review' END AS band
FROM weighed AS w
WHERE (w.bits >= :merge AND w.may_merge) OR (w.bits >= :review AND w.may_ask)
