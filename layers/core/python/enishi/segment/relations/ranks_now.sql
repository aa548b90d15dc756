-- The rank that each person held on :day, by its history.
SELECT s.customer_id, s.rank
FROM (
  SELECT
    i.person_id AS customer_id,
    h.rank,
    ROW_NUMBER() OVER (PARTITION BY i.person_id ORDER BY h.valid_from DESC, h.rank_order DESC) AS recency
  FROM member_rank_history AS h
  JOIN v_identity AS i ON i.customer_id = h.customer_id
  WHERE h.valid_from <= :day AND (h.valid_to IS NULL OR h.valid_to >= :day)
) AS s
WHERE s.recency = 1
