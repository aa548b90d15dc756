-- The links of a pass.
SELECT low_id, high_id, rule, score, evidence, band FROM work.identity_pairs WHERE unification = :unification
