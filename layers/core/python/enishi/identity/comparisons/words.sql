-- Parts of an address: near = a quarter of the characters at most.
SELECT
  CASE
    WHEN :low IS NULL OR :high IS NULL THEN NULL
    WHEN :low = :high THEN 2
    WHEN ABS(LENGTH(:low) - LENGTH(:high)) * 4 > GREATEST(LENGTH(:low), LENGTH(:high)) THEN 0
    WHEN LEVENSHTEIN_DISTANCE(:low, :high) * 4 <= GREATEST(LENGTH(:low), LENGTH(:high)) THEN 1
    ELSE 0
  END AS level
