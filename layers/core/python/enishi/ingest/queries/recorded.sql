-- What a load that was interrupted has recorded of itself.
SELECT MIN(v.source_order) AS source_order
FROM row_versions AS v
WHERE v.load_id = :load
