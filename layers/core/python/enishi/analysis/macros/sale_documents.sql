-- Every sale and every return, members and guests, one row a document, whatever it holds: the receipts behind `sales`, not
-- narrowed by the product filter (rules RET, NEG, GUEST).
-- A linked return lies on the original order's day (`return_mode`), channel and store; an unlinked one on its own.
-- `document_date` is the document's own day, under which its lines stand, and `net_amount` its own amount.
WITH documents AS (
  SELECT
    d.order_id,
    COALESCE(d.sale_order_id, d.order_id) AS sale_order_id,
    d.customer_id,
    d.document_date,
    d.net_amount,
    CASE :return_mode WHEN 'origin' THEN COALESCE(d.sale_at, d.ordered_at) ELSE d.ordered_at END AS ordered_at,
    CASE :return_mode
      WHEN 'origin' THEN CASE :date_basis
        WHEN 'shipped' THEN COALESCE(d.sale_shipped_date, d.shipped_date)
        WHEN 'delivered' THEN COALESCE(d.sale_delivered_date, d.delivered_date)
        ELSE d.sale_date
      END
      ELSE CASE :date_basis
        WHEN 'shipped' THEN d.shipped_date
        WHEN 'delivered' THEN d.delivered_date
        ELSE d.document_date
      END
    END AS sale_date,
    d.channel,
    d.store_id,
    d.response_code,
    d.payment_method,
    CASE :amount_basis
      WHEN 'net_excl_tax' THEN d.net_amount - COALESCE(d.tax_amount, 0)
      WHEN 'gross' THEN d.gross_amount
      ELSE d.net_amount
    END AS amount,
    d.items,
    d.is_return,
    d.is_known,
    d.is_known AND d.customer_id IN (SELECT c.customer_id FROM population AS c) AS is_member
  FROM v_documents AS d
  WHERE :include_samples OR d.sale_type <> 'sample'
)
SELECT
  d.order_id,
  d.sale_order_id,
  d.customer_id,
  d.document_date,
  d.net_amount,
  d.ordered_at,
  d.sale_date,
  d.channel,
  d.store_id,
  d.response_code,
  d.payment_method,
  d.amount,
  d.items,
  d.is_return,
  NOT d.is_member AS is_guest
FROM documents AS d
WHERE
  d.sale_date IS NOT NULL
  AND d.channel IN (:channels)
  AND d.store_id IN (:stores)
  AND (d.is_member OR (:everyone AND NOT d.is_known))
