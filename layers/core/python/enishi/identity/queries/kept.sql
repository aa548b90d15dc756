-- Links of earlier passes between records that did not change since.
SELECT k.low_id, k.high_id, k.rule, k.score, k.evidence, k.band
FROM identity_links AS k
JOIN people AS p ON p.customer_id = k.low_id AND NOT p.fresh
JOIN people AS q ON q.customer_id = k.high_id AND NOT q.fresh
