-- The pages of `sessions`, one row a view in the order of the visit: `nth` from 1, `is_exit` the last one, `dwell` the
-- seconds until the next page (null on the last, whose end nobody sees), `is_reload` the same page as the one before.
SELECT
  e.*,
  ROW_NUMBER() OVER (PARTITION BY e.visitor_id, e.visit ORDER BY e.place) AS nth,
  LEAD(e.place) OVER (PARTITION BY e.visitor_id, e.visit ORDER BY e.place) IS NULL AS is_exit,
  COALESCE(
    e.page_path = LAG(e.page_path) OVER (PARTITION BY e.visitor_id, e.visit ORDER BY e.place)
    AND COALESCE(e.product_id, e.search_term, '')
      = LAG(COALESCE(e.product_id, e.search_term, '')) OVER (PARTITION BY e.visitor_id, e.visit ORDER BY e.place),
    FALSE
  ) AS is_reload,
  CAST(
    DATE_DIFF('millisecond', e.event_at, LEAD(e.event_at) OVER (PARTITION BY e.visitor_id, e.visit ORDER BY e.place))
    AS DOUBLE
  ) / 1000 AS dwell
FROM session_events AS e
WHERE e.is_view
