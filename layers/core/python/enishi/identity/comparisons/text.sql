-- A whole written name: near = one character of four or more.
SELECT
  CASE
    WHEN :low IS NULL OR :high IS NULL THEN NULL
    WHEN :low = :high THEN 2
    WHEN LENGTH(:low) >= 4 AND LENGTH(:high) >= 3 AND LEVENSHTEIN_DISTANCE(:low, :high) <= 1 THEN 1
    ELSE 0
  END AS level
