-- What this pass would write, by rule and kind.
SELECT kind, rule, COUNT(*) AS changes FROM log GROUP BY kind, rule
