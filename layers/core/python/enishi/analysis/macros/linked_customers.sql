-- The population's customers whom the site or the app can recognise: a cookie or an app linked by `as_of`, or a visit.
SELECT DISTINCT COALESCE(i.person_id, l.customer_id) AS customer_id
FROM identities AS l
LEFT JOIN v_identity AS i ON i.customer_id = l.customer_id
JOIN population AS c ON c.customer_id = COALESCE(i.person_id, l.customer_id)
WHERE l.id_type IN ('cookie', 'app_install') AND LOCAL_DAY(l.valid_from) <= :as_of
UNION
SELECT s.customer_id FROM sessions AS s WHERE s.customer_id IS NOT NULL
