-- What links the records of one person, with what reviewers said of the pair.
SELECT k.low_id, k.high_id, k.rule, k.score, k.band, k.evidence, v.verdict, v.why
FROM identity_links AS k
JOIN v_identity AS p ON p.customer_id = k.low_id
JOIN v_identity AS q ON q.customer_id = k.high_id
LEFT JOIN identity_verdicts AS v ON v.low_id = k.low_id AND v.high_id = k.high_id
WHERE p.person_id = :person OR q.person_id = :person
ORDER BY k.score DESC, k.low_id, k.high_id, k.rule
