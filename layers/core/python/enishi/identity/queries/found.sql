-- Pairs by rule.
SELECT rule, COUNT(*) AS pairs FROM work.identity_pairs WHERE unification = :unification GROUP BY rule
