-- The log of the changes: a record that leaves one survivor for another is split there and merged here. The rule of a
-- merge is the strongest that the absorbed record stands in.
WITH found AS (
  SELECT low_id, high_id, rule, score, evidence
  FROM work.identity_pairs
  WHERE unification = :unification AND band = 'merge'
  UNION ALL
  SELECT low_id, high_id, 'reviewer' AS rule, 1.0E0 AS score, '{}' AS evidence
  FROM identity_verdicts
  WHERE verdict = 'same'
),
best AS (
  SELECT e.customer_id, e.rule, e.score, e.evidence
  FROM (
    SELECT
      p.customer_id,
      p.rule,
      p.score,
      p.evidence,
      ROW_NUMBER() OVER (PARTITION BY p.customer_id ORDER BY p.score DESC, p.rule, p.evidence) AS place
    FROM (
      SELECT low_id AS customer_id, rule, score, evidence FROM found
      UNION ALL
      SELECT high_id AS customer_id, rule, score, evidence FROM found
    ) AS p
  ) AS e
  WHERE e.place = 1
),
steps AS (
  SELECT 'split' AS kind, was AS survivor_id, customer_id AS absorbed_id FROM changes WHERE was IS NOT NULL
  UNION ALL
  SELECT 'merge' AS kind, becomes AS survivor_id, customer_id AS absorbed_id FROM changes WHERE becomes IS NOT NULL
)
SELECT
  CONCAT(
    'M',
    SUBSTR(TO_HEX(SHA256(TO_UTF8(CONCAT(s.kind, '|', s.survivor_id, '|', s.absorbed_id, '|', :snapshot)))), 1, 20)
  ) AS merge_id,
  s.kind,
  s.survivor_id,
  s.absorbed_id,
  CASE WHEN s.kind = 'merge' THEN b.rule ELSE 'evidence_gone' END AS rule,
  CASE WHEN s.kind = 'merge' THEN b.score ELSE 1.0E0 END AS score,
  CASE WHEN s.kind = 'merge' THEN b.evidence ELSE '{}' END AS evidence,
  CASE WHEN s.kind = 'merge' AND b.rule = 'reviewer' THEN 'reviewer' ELSE 'rule' END AS decided_by,
  :merged_at AS merged_at
FROM steps AS s
LEFT JOIN best AS b ON b.customer_id = s.absorbed_id
