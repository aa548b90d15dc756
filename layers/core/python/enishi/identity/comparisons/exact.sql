-- Same or different.
SELECT CASE WHEN :low IS NULL OR :high IS NULL THEN NULL WHEN :low = :high THEN 2 ELSE 0 END AS level
