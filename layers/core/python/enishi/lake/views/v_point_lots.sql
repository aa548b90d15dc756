-- Lots of points and what is left of each. Entries that name their lot are booked there; the rest is taken first expiring,
-- then first earned (rule FIFO). A refund returns to its lot, or becomes a lot of its own.
WITH entries AS (
  SELECT
    COALESCE(i.person_id, p.customer_id) AS customer_id,
    p.entry_id,
    p.entry_type,
    p.lot_id,
    p.points,
    p.posted_at,
    p.posted_date,
    p.expires_date
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
),
grown AS (
  SELECT
    customer_id,
    COALESCE(lot_id, entry_id) AS lot_id,
    MIN(posted_at) AS earned_at,
    MIN(posted_date) AS earned_date,
    MAX(expires_date) AS expires_date,
    SUM(points) AS earned
  FROM entries
  WHERE points > 0 AND entry_type <> 'refund'
  GROUP BY customer_id, COALESCE(lot_id, entry_id)
),
refunds AS (
  SELECT
    e.customer_id,
    e.entry_id,
    g.lot_id,
    e.posted_at,
    e.posted_date,
    e.expires_date,
    e.points
  FROM entries AS e
  LEFT JOIN grown AS g ON g.customer_id = e.customer_id AND g.lot_id = e.lot_id
  WHERE e.points > 0 AND e.entry_type = 'refund'
),
lots AS (
  SELECT customer_id, lot_id, earned_at, earned_date, expires_date, earned FROM grown
  UNION ALL
  SELECT customer_id, entry_id, posted_at, posted_date, expires_date, points FROM refunds WHERE lot_id IS NULL
),
named AS (
  SELECT
    customer_id,
    lot_id,
    SUM(CASE WHEN kind = 'expired' THEN 0 ELSE points END) AS used,
    SUM(CASE WHEN kind = 'expired' THEN points ELSE 0 END) AS expired
  FROM (
    SELECT
      e.customer_id,
      e.lot_id,
      CASE WHEN e.entry_type = 'expire' THEN 'expired' ELSE 'used' END AS kind,
      -e.points AS points
    FROM entries AS e
    JOIN lots AS l ON l.customer_id = e.customer_id AND l.lot_id = e.lot_id
    WHERE e.points < 0
    UNION ALL
    SELECT customer_id, lot_id, 'used', -points FROM refunds WHERE lot_id IS NOT NULL
  ) AS bookings
  GROUP BY customer_id, lot_id
),
loose AS (
  SELECT
    e.customer_id,
    SUM(CASE WHEN e.entry_type = 'expire' THEN 0 ELSE -e.points END) AS used,
    SUM(-e.points) AS gone
  FROM entries AS e
  LEFT JOIN lots AS l ON l.customer_id = e.customer_id AND l.lot_id = e.lot_id
  WHERE e.points < 0 AND l.lot_id IS NULL
  GROUP BY e.customer_id
),
queued AS (
  SELECT
    l.customer_id,
    l.lot_id,
    l.earned_at,
    l.earned_date,
    l.expires_date,
    l.earned,
    COALESCE(n.used, 0) AS used,
    COALESCE(n.expired, 0) AS expired,
    l.earned - COALESCE(n.used, 0) - COALESCE(n.expired, 0) AS open_points,
    COALESCE(
      SUM(l.earned - COALESCE(n.used, 0) - COALESCE(n.expired, 0)) OVER (
        PARTITION BY l.customer_id
        ORDER BY COALESCE(l.expires_date, DATE '9999-12-31'), l.earned_at, l.lot_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      0
    ) AS before_points
  FROM lots AS l
  LEFT JOIN named AS n ON n.customer_id = l.customer_id AND n.lot_id = l.lot_id
),
taken AS (
  SELECT
    q.*,
    GREATEST(LEAST(q.open_points, COALESCE(f.used, 0) - q.before_points), 0) AS loose_used,
    GREATEST(LEAST(q.open_points, COALESCE(f.gone, 0) - q.before_points), 0) AS loose_gone
  FROM queued AS q
  LEFT JOIN loose AS f ON f.customer_id = q.customer_id
)
SELECT
  customer_id,
  lot_id,
  earned_at,
  earned_date,
  expires_date,
  earned,
  used + loose_used AS used,
  expired + loose_gone - loose_used AS expired,
  open_points - loose_gone AS remaining
FROM taken
