-- The codes printed on offline pieces, and whose they are; of a code that two media share, the first medium.
SELECT m.response_code, MIN(m.medium_id) AS medium_id
FROM media AS m
WHERE m.response_code IS NOT NULL
GROUP BY m.response_code
