-- What planners call a campaign: its name, with its id where two campaigns share one.
SELECT
  c.campaign_id,
  CASE
    WHEN COUNT(*) OVER (PARTITION BY c.name) > 1 THEN COALESCE(c.name || ' (' || c.campaign_id || ')', c.campaign_id)
    ELSE COALESCE(c.name, c.campaign_id)
  END AS campaign
FROM campaigns AS c
