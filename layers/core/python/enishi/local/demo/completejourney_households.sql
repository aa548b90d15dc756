-- Every household and the instant (UTC) of its first receipt.
SELECT CAST(household_id AS VARCHAR) AS household_id, min(transaction_timestamp) AS first_receipt
FROM read_parquet($transactions)
GROUP BY household_id
ORDER BY household_id
