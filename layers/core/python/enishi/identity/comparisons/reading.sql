-- A reading, or its hash where a source gives no more. Near = one character of five or more. One edit leaves the first or
-- the last character: a cheap question before the dear one.
SELECT
  CASE
    WHEN :low = :high OR l.name_hash = r.name_hash THEN 2
    WHEN :low IS NULL OR :high IS NULL THEN CASE WHEN l.name_hash <> r.name_hash THEN 0 END
    WHEN SUBSTR(:low, 1, 1) <> SUBSTR(:high, 1, 1) AND SUBSTR(:low, -1) <> SUBSTR(:high, -1) THEN 0
    WHEN LENGTH(:low) >= 5 AND LENGTH(:high) >= 4 AND LEVENSHTEIN_DISTANCE(:low, :high) <= 1 THEN 1
    ELSE 0
  END AS level
