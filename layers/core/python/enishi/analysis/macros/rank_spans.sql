-- Who had which member rank from when to when, both ends inclusive (rule SCD); the survivor's own history after a merge.
SELECT
  h.customer_id,
  h.rank,
  h.valid_from,
  COALESCE(h.valid_to, DATE '9999-12-31') AS valid_to
FROM member_rank_history AS h
JOIN population AS c ON c.customer_id = h.customer_id
