-- The log of what happens to virtual customers: one that leaves a person for another is split there and merged here.
WITH steps AS (
  SELECT 'split' AS kind, was AS survivor_id, customer_id AS absorbed_id, rule, evidence FROM changes WHERE was IS NOT NULL
  UNION ALL
  SELECT 'merge' AS kind, becomes AS survivor_id, customer_id AS absorbed_id, rule, evidence FROM changes WHERE becomes IS NOT NULL
)
SELECT
  CONCAT(
    'M',
    SUBSTR(TO_HEX(SHA256(TO_UTF8(CONCAT(s.kind, '|', s.survivor_id, '|', s.absorbed_id, '|', :snapshot)))), 1, 20)
  ) AS merge_id,
  s.kind,
  s.survivor_id,
  s.absorbed_id,
  CASE WHEN s.kind = 'merge' THEN s.rule ELSE 'evidence_gone' END AS rule,
  CASE WHEN s.kind = 'merge' AND s.rule <> 'reviewer' THEN 0.97E0 ELSE 1.0E0 END AS score,
  CASE WHEN s.kind = 'merge' THEN s.evidence ELSE '{}' END AS evidence,
  CASE WHEN s.kind = 'merge' AND s.rule = 'reviewer' THEN 'reviewer' ELSE 'rule' END AS decided_by,
  :merged_at AS merged_at
FROM steps AS s
