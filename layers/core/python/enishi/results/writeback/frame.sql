-- The rows `asked` of a write-back with the person's member number in one system: first the survivor's own, then by number.
WITH numbers AS (
    SELECT
        i.person_id,
        c.number,
        ROW_NUMBER() OVER (
            PARTITION BY i.person_id
            ORDER BY CASE WHEN c.customer_id = i.person_id THEN 0 ELSE 1 END, c.number
        ) AS place
    FROM pii.customer_numbers AS c
    INNER JOIN v_identity AS i ON i.customer_id = c.customer_id
    WHERE c.system = :system
)
SELECT
    n.number AS member_number,
    a.happened_at AS happened_at
FROM asked AS a
LEFT JOIN v_identity AS p ON p.customer_id = a.customer_id
LEFT JOIN numbers AS n ON n.person_id = COALESCE(p.person_id, a.customer_id)
