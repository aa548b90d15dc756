-- The planner's own words for the category that the customer looks at most, or bought last; else those for everybody.
SELECT c.customer_id, CAST(g.place AS BIGINT) AS place, COALESCE(i.category, '') AS category, g.title, g.text
FROM cohort AS c
LEFT JOIN chosen AS i ON i.customer_id = c.customer_id
JOIN texts AS g
  ON g.category = CASE
    WHEN CONTAINS(CAST(:known AS ARRAY(VARCHAR)), COALESCE(i.category, '')) THEN i.category
    ELSE ''
  END
WHERE g.text <> ''
