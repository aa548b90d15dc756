-- Pairs that somebody has to look at: strong enough to ask, not judged, and not one person by other evidence.
SELECT k.low_id, k.high_id, MAX(k.score) AS score, MAX(k.evidence) AS evidence
FROM identity_links AS k
JOIN v_identity AS p ON p.customer_id = k.low_id
JOIN v_identity AS q ON q.customer_id = k.high_id AND q.person_id <> p.person_id
LEFT JOIN identity_verdicts AS v ON v.low_id = k.low_id AND v.high_id = k.high_id
WHERE v.low_id IS NULL
GROUP BY k.low_id, k.high_id
