-- The customers whom the question is about: surviving members who had joined by the day, under the `base` parameters.
SELECT c.*
FROM customers AS c
WHERE
  c.status IS DISTINCT FROM 'merged'
  AND COALESCE(c.registered_date <= :as_of, TRUE)
  AND c.is_virtual IS DISTINCT FROM TRUE
  AND (NOT :exclude_employees OR c.is_employee IS DISTINCT FROM TRUE)
  AND (
    NOT :exclude_withdrawn
    OR c.status IS DISTINCT FROM 'withdrawn'
    OR COALESCE(c.withdrawn_date > :as_of, FALSE)
  )
  AND c.customer_id IN (:base_segment)
