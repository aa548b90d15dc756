-- The latest word of each person on each channel at :at. Of two at one instant, the one that says no counts.
SELECT s.customer_id, s.channel, s.state, s.changed_at
FROM (
  SELECT
    i.person_id AS customer_id,
    k.channel,
    k.state,
    k.changed_at,
    ROW_NUMBER() OVER (
      PARTITION BY i.person_id, k.channel
      ORDER BY k.changed_at DESC, CASE WHEN k.state = 'opt_in' THEN 1 ELSE 0 END
    ) AS recency
  FROM consents AS k
  JOIN v_identity AS i ON i.customer_id = k.customer_id
  WHERE k.changed_at <= :at
) AS s
WHERE s.recency = 1
