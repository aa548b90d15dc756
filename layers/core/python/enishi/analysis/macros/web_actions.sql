-- Every event of a visitor with the visit that it belongs to (`visit`, from 1): events without a pause above
-- `session_timeout_min`, under `exclude_bots` (rules BOT, DEDUP). Robots are known ones, and visitors with more than 120
-- events in a minute, for that day; that a phone came near a store is no event of a visit. The rules are those of
-- v_sessions, with the parameters of the `web` group.
WITH hurried AS (
  SELECT visitor_id, event_date
  FROM web_events
  WHERE :exclude_bots AND visitor_id IS NOT NULL
  GROUP BY visitor_id, event_date, DATE_TRUNC('minute', event_at)
  HAVING COUNT(*) > 120
),
human AS (
  SELECT
    e.*,
    ROW_NUMBER() OVER (PARTITION BY e.visitor_id ORDER BY e.event_at, e.event_id) AS place,
    LAG(e.event_at) OVER (PARTITION BY e.visitor_id ORDER BY e.event_at, e.event_id) AS before_at
  FROM web_events AS e
  WHERE
    e.visitor_id IS NOT NULL
    AND e.event_type <> 'geofence_enter'
    AND NOT (:exclude_bots AND COALESCE(e.is_bot, FALSE))
    AND NOT EXISTS (SELECT 1 FROM hurried AS h WHERE h.visitor_id = e.visitor_id AND h.event_date = e.event_date)
)
SELECT
  h.*,
  SUM(
    CASE WHEN h.before_at IS NULL OR h.event_at > DATE_ADD('minute', :session_timeout_min, h.before_at) THEN 1 ELSE 0 END
  ) OVER (PARTITION BY h.visitor_id ORDER BY h.place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS visit,
  h.event_type IN ('page_view', 'product_view', 'search') AS is_view
FROM human AS h
