-- Digits of a date, a code or a number: near = one wrong digit, or the same digits with two exchanged.
SELECT
  CASE
    WHEN :low IS NULL OR :high IS NULL THEN NULL
    WHEN :low = :high THEN 2
    WHEN LEVENSHTEIN_DISTANCE(:low, :high) = 1 THEN 1
    WHEN
      LEVENSHTEIN_DISTANCE(:low, :high) = 2
      AND ARRAY_JOIN(ARRAY_SORT(TRANSFORM(SEQUENCE(1, LENGTH(:low)), i -> SUBSTR(:low, i, 1))), '')
      = ARRAY_JOIN(ARRAY_SORT(TRANSFORM(SEQUENCE(1, LENGTH(:high)), i -> SUBSTR(:high, i, 1))), '')
      THEN 1
    ELSE 0
  END AS level
