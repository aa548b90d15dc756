-- Each customer of the population with what counts for RFM in the lookback before the first day of :rfm_dates (first_ …) and before
-- the second one (last_ …), if there is one, side by side: no purchase makes zero orders (rule PUR). Numbers are as short
-- as they can be: there is a row for nearly every customer, and all rows are read several times.
WITH measured AS (
  SELECT
    p.customer_id,
    CAST(DATE_DIFF(
      'day',
      MAX(
        CASE
          WHEN p.purchase_date > DATE_ADD('month', -:lookback_months, ELEMENT_AT(:rfm_dates, 1))
            AND p.purchase_date <= ELEMENT_AT(:rfm_dates, 1)
            THEN p.purchase_date
        END
      ),
      ELEMENT_AT(:rfm_dates, 1)
    ) AS INTEGER) AS first_recency,
    CAST(COUNT_IF(
      p.purchase_date > DATE_ADD('month', -:lookback_months, ELEMENT_AT(:rfm_dates, 1))
      AND p.purchase_date <= ELEMENT_AT(:rfm_dates, 1)
    ) AS INTEGER) AS first_orders,
    SUM(
      CASE
        WHEN p.purchase_date > DATE_ADD('month', -:lookback_months, ELEMENT_AT(:rfm_dates, 1))
          AND p.purchase_date <= ELEMENT_AT(:rfm_dates, 1)
          THEN p.amount
      END
    ) AS first_amount,
    CAST(DATE_DIFF(
      'day',
      MAX(
        CASE
          WHEN p.purchase_date > DATE_ADD('month', -:lookback_months, ELEMENT_AT(:rfm_dates, 2))
            AND p.purchase_date <= ELEMENT_AT(:rfm_dates, 2)
            THEN p.purchase_date
        END
      ),
      ELEMENT_AT(:rfm_dates, 2)
    ) AS INTEGER) AS last_recency,
    CAST(COUNT_IF(
      p.purchase_date > DATE_ADD('month', -:lookback_months, ELEMENT_AT(:rfm_dates, 2))
      AND p.purchase_date <= ELEMENT_AT(:rfm_dates, 2)
    ) AS INTEGER) AS last_orders,
    SUM(
      CASE
        WHEN p.purchase_date > DATE_ADD('month', -:lookback_months, ELEMENT_AT(:rfm_dates, 2))
          AND p.purchase_date <= ELEMENT_AT(:rfm_dates, 2)
          THEN p.amount
      END
    ) AS last_amount
  FROM purchases AS p
  GROUP BY p.customer_id
)
SELECT
  m.*,
  CAST(NARROW_BAND_OF(m.first_amount) AS INTEGER) AS first_band,
  CAST(NARROW_BAND_OF(m.last_amount) AS INTEGER) AS last_band
FROM measured AS m
