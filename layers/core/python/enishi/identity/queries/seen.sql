-- What was compared in a pass.
SELECT customer_id, fingerprint FROM work.identity_records WHERE unification = :unification AND fresh
