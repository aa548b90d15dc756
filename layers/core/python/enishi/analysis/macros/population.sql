-- The customers whom the question is about: surviving members who had joined by the day, under the `base` parameters.
SELECT c.*
FROM customers AS c
WHERE
  COALESCE(c.status, 'active') <> 'merged'
  AND COALESCE(c.registered_date <= :as_of, TRUE)
  AND NOT COALESCE(c.is_virtual, FALSE)
  AND (NOT :exclude_employees OR NOT COALESCE(c.is_employee, FALSE))
  AND (
    NOT :exclude_withdrawn
    OR COALESCE(c.status, 'active') <> 'withdrawn'
    OR COALESCE(c.withdrawn_date > :as_of, FALSE)
  )
  AND c.customer_id IN (:base_segment)
