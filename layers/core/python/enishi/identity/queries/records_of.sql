-- The records of a pass.
SELECT * FROM work.identity_records WHERE unification = :unification
