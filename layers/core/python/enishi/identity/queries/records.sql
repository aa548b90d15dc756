-- The records that take part (nobody blocked, deceased or made of a key by unify), as they are compared: comparing forms where a source gives them,
-- what the lake has otherwise, filler values as null. `fresh`: not compared as it stands in the pass before.
WITH held AS (
  SELECT i.customer_id, ARRAY_JOIN(ARRAY_AGG(DISTINCT CONCAT(i.id_type, ':', i.id_value_hash) ORDER BY CONCAT(i.id_type, ':', i.id_value_hash)), ',') AS ids
  FROM identities AS i
  WHERE i.valid_to IS NULL
  GROUP BY i.customer_id
),
formed AS (
  SELECT
    c.customer_id,
    c.name_hash,
    CASE WHEN NOT CONTAINS(:births, DATE_FORMAT(c.birth_date, '%Y%m%d')) THEN c.birth_date END AS birth_date,
    CASE WHEN NOT CONTAINS(:postals, c.postal_code) THEN c.postal_code END AS postal_code,
    CASE WHEN c.gender IN ('male', 'female') THEN c.gender END AS gender,
    k.name,
    k.kana,
    k.family,
    k.given,
    COALESCE(k.birth, DATE_FORMAT(c.birth_date, '%Y%m%d')) AS birth,
    COALESCE(k.postal, c.postal_code) AS postal,
    k.region,
    k.town,
    k.street,
    k.block,
    k.building,
    k.id_number,
    COALESCE(c.is_virtual, FALSE) AS is_virtual,
    COALESCE(c.merged_into, c.customer_id) AS person_id,
    h.ids
  FROM customers AS c
  LEFT JOIN pii.person_keys AS k ON k.customer_id = c.customer_id
  LEFT JOIN held AS h ON h.customer_id = c.customer_id
  LEFT JOIN virtual_keys AS v ON v.customer_id = c.customer_id
  WHERE c.status IN ('active', 'withdrawn', 'merged') AND v.customer_id IS NULL
),
printed AS (
  SELECT
    f.customer_id,
    f.name_hash,
    f.birth_date,
    f.postal_code,
    f.gender,
    f.name,
    f.kana,
    f.family,
    f.given,
    CASE WHEN NOT CONTAINS(:births, f.birth) THEN f.birth END AS birth,
    CASE WHEN NOT CONTAINS(:postals, f.postal) THEN f.postal END AS postal,
    f.region,
    f.town,
    f.street,
    f.block,
    f.building,
    f.id_number,
    f.is_virtual,
    f.person_id,
    TO_HEX(
      SHA256(
        TO_UTF8(
          CONCAT_WS(
            '|', :model, COALESCE(f.name_hash, ''), COALESCE(f.birth, ''), COALESCE(f.postal, ''),
            COALESCE(f.gender, ''), COALESCE(f.name, ''), COALESCE(f.kana, ''), COALESCE(f.family, ''),
            COALESCE(f.given, ''), COALESCE(f.region, ''), COALESCE(f.town, ''), COALESCE(f.street, ''),
            COALESCE(f.block, ''), COALESCE(f.building, ''), COALESCE(f.id_number, ''), COALESCE(f.ids, '')
          )
        )
      )
    ) AS fingerprint
  FROM formed AS f
)
SELECT
  p.*,
  s.fingerprint IS NULL OR s.fingerprint <> p.fingerprint OR (p.is_virtual AND p.person_id = p.customer_id) AS fresh
FROM printed AS p
LEFT JOIN pii.identity_seen AS s ON s.customer_id = p.customer_id
