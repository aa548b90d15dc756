/*
id: favourite_store
name: {ja: メイン利用店舗分析, en: Main store of customers}
category: store
origin: extension
tier: standard
question:
  ja: 各顧客のメイン店舗はどこか。登録したお気に入り店舗・最寄り店舗と一致しているか。店舗で買わない購入者は誰か。
  en: "Which store is each customer's main one, does it match the declared favourite and the nearest, and which buyers have no store?"
method:
  ja: "メイン＝「集計月数」の購入が最も多い店舗（同数なら最後に買った店舗）。登録店舗、最寄り店舗と突き合わせ、集中度を出す。"
  en: "Main = store with most purchases in lookback (tie: latest); cross with declared_store_id and nearest; loyalty share."
parameter_groups: [asof, base, pur]
parameters:
- {name: lookback_months, type: int, default: 24, minimum: 1, label_ja: 集計月数, note: ""}
- {name: include_ec, type: bool, default: false, label_ja: ECも店舗とみなす, note: ""}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: "true for lists (rule WD)"}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: main_customers, type: int, unit: people, label_ja: メイン顧客数}
- {name: declared, type: int, unit: people, label_ja: お気に入り登録者}
- {name: match_rate, type: ratio, unit: ratio, label_ja: 一致率}
- {name: nearest_rate, type: ratio, unit: ratio, label_ja: 最寄一致率}
- {name: loyalty, type: ratio, unit: ratio, label_ja: 平均集中度}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
charts:
- {kind: bar, x: store, y: main_customers}
- {kind: bubble, x: match_rate, y: nearest_rate, size: main_customers, color: store, where: {store: {not: [店舗購入なし]}}}
- {kind: table}
cells:
- {name: main, keys: [store], customers: mains, becomes: {ja: "店舗のお知らせやランキングを送る顧客", en: "customers for store news and ranking"}}
- {name: declared, keys: [declared_store], types: {declared_store: string}, customers: declared_elsewhere, becomes: {ja: "その店舗を登録しているが、主に他で買うか、どこでも買わない顧客", en: "customers who declared the store but mainly buy elsewhere or nowhere"}}
rules: [TZ, PUR, GUEST, MERGE, WD, TIE, UNK, SET]
notes:
- ja: "メイン＝「集計月数」の購入が最も多い店舗。同数なら最後に買った店舗、それも同じなら店舗IDの小さい方。"
  en: "main = the store with most purchases in the lookback; equal counts: the one bought in last, then the smaller id"
- ja: "一致率は店舗を登録しているメイン顧客、最寄一致率は自宅の位置が分かるメイン顧客に対する割合。平均集中度は、顧客の店舗購入に占めるメイン店舗の割合の平均。売上は、メイン顧客がその店舗で買った額。"
  en: "match_rate is of main customers who declared a store, nearest_rate of those with a home point; loyalty is the average share of a customer's store purchases that the main store has; amount is what its main customers bought in it"
- ja: "会員マスタに登録店舗がないときは、サイトのお気に入り店舗を登録とみなす。"
  en: "a favourite store kept on the site counts as declared where the member master has none"
- ja: "店舗購入なし：「集計月数」の購買者のうち、店舗で買わなかった人。"
  en: "店舗購入なし: buyers of the lookback who bought in no store"
*/
WITH bought AS (
  SELECT
    p.customer_id,
    p.purchase_at,
    p.amount,
    CASE WHEN l.is_shop OR :include_ec THEN p.store_id END AS store_id
  FROM purchases AS p
  LEFT JOIN store_labels AS l ON l.store_id = p.store_id
  WHERE p.purchase_date > DATE_ADD('month', -:lookback_months, :as_of)
),
visited AS (
  SELECT customer_id, store_id, COUNT(*) AS purchases, SUM(amount) AS amount, MAX(purchase_at) AS last_at
  FROM bought
  GROUP BY customer_id, store_id
),
ranked AS (
  SELECT
    v.*,
    RATIO(v.purchases, SUM(CASE WHEN v.store_id IS NOT NULL THEN v.purchases END) OVER (PARTITION BY v.customer_id))
      AS loyalty,
    ROW_NUMBER() OVER (
      PARTITION BY v.customer_id
      ORDER BY v.store_id IS NULL, v.purchases DESC, v.last_at DESC, v.store_id
    ) AS place
  FROM visited AS v
),
kept AS (
  SELECT
    COALESCE(i.person_id, f.customer_id) AS customer_id,
    MAX_BY(f.target_id, ROW(f.added_at, f.target_id)) AS store_id
  FROM favourites AS f
  LEFT JOIN v_identity AS i ON i.customer_id = f.customer_id
  WHERE f.target_type = 'store' AND f.removed_at IS NULL
  GROUP BY COALESCE(i.person_id, f.customer_id)
),
open_shops AS (
  SELECT l.*
  FROM store_labels AS l
  WHERE l.is_shop AND COALESCE(l.open_date <= :as_of, TRUE) AND COALESCE(l.close_date > :as_of, TRUE)
),
people AS (
  SELECT
    c.customer_id,
    r.place IS NOT NULL AS has_bought,
    r.store_id AS main_id,
    r.loyalty,
    r.amount,
    COALESCE(c.declared_store_id, k.store_id) AS declared_id,
    n.store_id AS nearest_id
  FROM population AS c
  LEFT JOIN ranked AS r ON r.customer_id = c.customer_id AND r.place = 1
  LEFT JOIN kept AS k ON k.customer_id = c.customer_id
  LEFT JOIN nearest_stores AS n ON n.latitude = c.latitude AND n.longitude = c.longitude
),
mains AS (
  SELECT
    p.*,
    COALESCE(p.main_id, '') AS store_key,
    CASE WHEN p.main_id IS NULL THEN '店舗購入なし' ELSE COALESCE(l.store, p.main_id) END AS store
  FROM people AS p
  LEFT JOIN store_labels AS l ON l.store_id = p.main_id
  WHERE p.has_bought
),
declared_elsewhere AS (
  SELECT COALESCE(l.store, p.declared_id) AS declared_store, p.customer_id
  FROM people AS p
  LEFT JOIN store_labels AS l ON l.store_id = p.declared_id
  WHERE p.declared_id IS NOT NULL AND COALESCE(p.main_id <> p.declared_id, TRUE)
),
declared AS (
  SELECT declared_id AS store_id, COUNT(*) AS customers
  FROM people
  WHERE declared_id IS NOT NULL
  GROUP BY declared_id
),
listed AS (
  SELECT store_id AS store_key, store FROM open_shops
  UNION
  SELECT store_key, store FROM mains
)
SELECT
  s.store,
  COUNT(m.customer_id) AS main_customers,
  COALESCE(MAX(d.customers), 0) AS declared,
  RATIO(COUNT_IF(m.main_id = m.declared_id), COUNT_IF(m.main_id IS NOT NULL AND m.declared_id IS NOT NULL))
    AS match_rate,
  RATIO(COUNT_IF(m.main_id = m.nearest_id), COUNT_IF(m.main_id IS NOT NULL AND m.nearest_id IS NOT NULL))
    AS nearest_rate,
  AVG(CASE WHEN m.main_id IS NOT NULL THEN m.loyalty END) AS loyalty,
  COALESCE(SUM(m.amount), 0) AS amount
FROM listed AS s
LEFT JOIN mains AS m ON m.store_key = s.store_key
LEFT JOIN declared AS d ON d.store_id = s.store_key
GROUP BY s.store_key, s.store
ORDER BY s.store_key = '', COUNT(m.customer_id) DESC, s.store_key
