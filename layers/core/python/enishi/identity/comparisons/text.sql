-- A whole written name: near = one character of four or more. One edit leaves the first or the last character: a cheap
-- question before the dear one.
SELECT
  CASE
    WHEN :low IS NULL OR :high IS NULL THEN NULL
    WHEN :low = :high THEN 2
    WHEN SUBSTR(:low, 1, 1) <> SUBSTR(:high, 1, 1) AND SUBSTR(:low, -1) <> SUBSTR(:high, -1) THEN 0
    WHEN LENGTH(:low) >= 4 AND LENGTH(:high) >= 3 AND LEVENSHTEIN_DISTANCE(:low, :high) <= 1 THEN 1
    ELSE 0
  END AS level
