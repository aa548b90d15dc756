-- A given or family name in letters: near = one slip, two in six letters or more.
SELECT
  CASE
    WHEN :low IS NULL OR :high IS NULL THEN NULL
    WHEN :low = :high THEN 2
    WHEN LEVENSHTEIN_DISTANCE(:low, :high) <= CASE WHEN GREATEST(LENGTH(:low), LENGTH(:high)) >= 6 THEN 2 ELSE 1 END THEN 1
    ELSE 0
  END AS level
