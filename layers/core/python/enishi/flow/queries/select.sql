-- The audience of a run: persons `c` for whom :wanted holds, the control arm drawn by a stable share.
SELECT
  c.customer_id,
  :share < :holdout AS holdout,
  CAST(NULL AS VARCHAR) AS variant,
  CAST(NULL AS VARCHAR) AS entry_ref,
  :entered_at AS entered_at,
  'all' AS arm
FROM v_people AS c
WHERE :wanted
