/*
id: identity_quality
name: {ja: 名寄せ・ID統合品質分析, en: Identity resolution quality}
category: lifecycle
origin: extension
tier: standard
question:
  ja: 店舗・EC・アプリ・LINE・Cookieのidはどれだけ一人に結び付いているか。重複や誤結合の疑いはどこにあるか。
  en: "How well are store, EC, app, LINE and cookie ids joined, and where are likely duplicates or wrong joins?"
method:
  ja: "紐づいたIDの種類の組合せごとの顧客数、連携率、統合件数、重複候補（生年月日、氏名のハッシュ、郵便番号が同じ）、過結合候補（「一人のIDの上限」を超える）を示す。"
  en: "Customers by set of linked id types, link rate per source, merges per month, duplicate candidates (same birth date, name hash and postal code), suspicious clusters (over max_ids)."
parameter_groups: [asof, base]
parameters:
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: ""}
- {name: max_ids, type: int, default: 20, minimum: 1, label_ja: 一人のIDの上限, note: "more valid ids than this are suspicious"}
columns:
- {name: id_set, type: string, unit: none, label_ja: ID組合せ}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: link_rate, type: ratio, unit: ratio, label_ja: 連携率}
- {name: merges, type: int, unit: count, label_ja: 統合件数}
- {name: duplicate_candidates, type: int, unit: people, label_ja: 重複候補}
- {name: suspicious, type: int, unit: count, label_ja: 過結合候補}
charts:
- {kind: upset, source: id_set, y: customers}
- {kind: bar, x: id_set, y: customers}
- {kind: table}
cells:
- {name: id_set, keys: [id_set], customers: people, becomes: {ja: "その組合せの顧客（例：カードはあるがECアカウントのない顧客）", en: "customers (card without EC account, for example)"}}
- {name: doubtful, keys: [id_set, doubt], types: {doubt: string}, customers: doubtful, becomes: {ja: "doubt=重複候補、またはdoubt=過結合候補：確認すべき顧客", en: "doubt=重複候補 or doubt=過結合候補: the customers to look at"}}
rules: [TZ, MERGE, WD, SET]
notes:
- ja: "重複候補は提案であり、この分析から自動で統合することはない。"
  en: "duplicate candidates are proposals; merging is never automatic from this report"
- ja: "連携率は、その組合せの顧客のうち、カード、EC、アプリ、LINE、Cookieの2種類以上からIDが付いている割合。"
  en: "link_rate is the part of the customers of the set whose ids come from two or more of the sources card, EC, app, LINE and cookie"
- ja: "統合件数は、その組合せの顧客に統合されたIDの数。重複候補は、生年月日、氏名のハッシュ、郵便番号がほかの顧客と同じ顧客。年のない生年月日は根拠にしない。"
  en: "merges are the ids that went into the customers of the set; duplicate_candidates share birth date, name hash and postal code with another customer; a birth date without year is no evidence"
needs: [identities]
*/
WITH links AS (
  SELECT
    COALESCE(i.person_id, a.customer_id) AS customer_id,
    a.id_type,
    CASE a.id_type
      WHEN 'loyalty_card' THEN 'カード'
      WHEN 'ec_account' THEN 'EC'
      WHEN 'app_install' THEN 'アプリ'
      WHEN 'line_uid' THEN 'LINE'
      WHEN 'cookie' THEN 'Cookie'
      WHEN 'email' THEN 'メール'
      WHEN 'phone' THEN '電話'
      ELSE '外部ID'
    END AS label,
    a.id_value_hash
  FROM identities AS a
  LEFT JOIN v_identity AS i ON i.customer_id = a.customer_id
  WHERE
    COALESCE(LOCAL_DAY(a.valid_from) <= :as_of, TRUE)
    AND (a.valid_to IS NULL OR LOCAL_DAY(a.valid_to) > :as_of)
),
kinds AS (
  SELECT DISTINCT customer_id, id_type, label FROM links
),
linked AS (
  SELECT
    customer_id,
    ARRAY_JOIN(ARRAY_AGG(label ORDER BY label), ' + ') AS id_set,
    COUNT_IF(id_type IN ('loyalty_card', 'ec_account', 'app_install', 'line_uid', 'cookie')) AS sources
  FROM kinds
  GROUP BY customer_id
),
counted AS (
  SELECT customer_id, COUNT(DISTINCT id_type || ':' || id_value_hash) AS ids
  FROM links
  GROUP BY customer_id
),
absorbed AS (
  SELECT merged_into AS customer_id, COUNT(*) AS merges
  FROM customers
  WHERE status = 'merged'
  GROUP BY merged_into
),
twins AS (
  SELECT
    customer_id,
    COUNT(*) OVER (PARTITION BY birth_date, name_hash, postal_code) AS alike
  FROM population
  WHERE birth_date >= DATE '1900-01-01' AND name_hash IS NOT NULL AND postal_code IS NOT NULL
),
people AS (
  SELECT
    c.customer_id,
    COALESCE(l.id_set, 'IDなし') AS id_set,
    COALESCE(l.sources, 0) >= 2 AS is_linked,
    COALESCE(a.merges, 0) AS merges,
    COALESCE(t.alike, 1) > 1 AS is_duplicate,
    COALESCE(n.ids, 0) > :max_ids AS is_suspicious
  FROM population AS c
  LEFT JOIN linked AS l ON l.customer_id = c.customer_id
  LEFT JOIN counted AS n ON n.customer_id = c.customer_id
  LEFT JOIN absorbed AS a ON a.customer_id = c.customer_id
  LEFT JOIN twins AS t ON t.customer_id = c.customer_id
),
doubtful AS (
  SELECT id_set, '重複候補' AS doubt, customer_id FROM people WHERE is_duplicate
  UNION ALL
  SELECT id_set, '過結合候補', customer_id FROM people WHERE is_suspicious
),
measured AS (
  SELECT
    id_set,
    COUNT(*) AS customers,
    COUNT_IF(is_linked) AS linked,
    SUM(merges) AS merges,
    COUNT_IF(is_duplicate) AS duplicate_candidates,
    COUNT_IF(is_suspicious) AS suspicious
  FROM people
  GROUP BY id_set
)
SELECT
  id_set,
  customers,
  RATIO(customers, SUM(customers) OVER ()) AS share,
  RATIO(linked, customers) AS link_rate,
  merges,
  duplicate_candidates,
  suspicious
FROM measured
ORDER BY customers DESC, id_set
