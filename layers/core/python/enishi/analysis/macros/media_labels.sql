-- What planners call a medium: its name, with its id where two media share one.
SELECT
  m.medium_id,
  m.kind,
  m.medium_type,
  m.response_code,
  CASE
    WHEN COUNT(*) OVER (PARTITION BY m.name) > 1 THEN COALESCE(m.name || ' (' || m.medium_id || ')', m.medium_id)
    ELSE COALESCE(m.name, m.medium_id)
  END AS medium
FROM media AS m
