-- How many records have each value of a field.
SELECT :field AS value, COUNT(*) AS records FROM records AS r WHERE :field IS NOT NULL GROUP BY :field
