-- How many records a pass has, and how many of them have to be compared.
SELECT COUNT(*) AS records, COUNT(CASE WHEN fresh THEN 1 END) AS fresh
FROM work.identity_records
WHERE unification = :unification
