-- Every copy of a catalog or DM, sent or withheld (`is_control`, rule HOLD), with the day it arrived: for a copy without one the
-- first day on which its issue arrived, else the day it was handed over. `is_returned` copies never arrived.
SELECT
  s.shipment_id,
  s.catalog_id,
  COALESCE(c.name, s.catalog_id) AS catalog,
  c.issue_date,
  COALESCE(i.person_id, s.customer_id) AS customer_id,
  s.shipped_date,
  COALESCE(s.delivered_date, MIN(s.delivered_date) OVER (PARTITION BY s.catalog_id), s.shipped_date) AS delivered_date,
  s.cost,
  s.segment_code,
  COALESCE(s.is_control, FALSE) AS is_control,
  COALESCE(s.returned, FALSE) AS is_returned
FROM catalog_shipments AS s
LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
LEFT JOIN catalogs AS c ON c.catalog_id = s.catalog_id
WHERE s.shipped_date <= :as_of
