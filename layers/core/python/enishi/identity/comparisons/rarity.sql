-- Bits of evidence in a value that :records records share: log2(1 / share of the others), mixed with `pseudo` records that
-- share it as often as :most says; a value that nobody counted is worth :most.
SELECT
  LEAST(
    :most,
    COALESCE(
      LN((t.records + :pseudo) / (:records - 1 + :pseudo * POWER(2.0E0, -:most))) / LN(2.0E0),
      :most
    )
  ) AS bits
