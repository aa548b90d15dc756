/*
id: catalog_digital_synergy
name: {ja: カタログ×デジタル併用効果分析, en: Catalog with digital follow-up}
category: catalog_dm
origin: extension
tier: advanced
question:
  ja: カタログのあとのWeb接客やメールは、効果を上乗せするのか。同じ顧客が二重に反応しているだけか。
  en: "Does web接客 or mail after the catalog add to it, or only repeat it?"
method:
  ja: "2×2（カタログの有無×デジタルの有無）の購入率と1人あたり購入額。相乗効果＝両方−カタログのみ−デジタルのみ＋どちらもなし（信頼区間つき）。無作為に分けた群があればそれを、なければ条件をそろえて比べ、その旨を示す。"
  en: "Two-by-two (catalog yes/no x digital yes/no) purchase rate and amount; interaction = both - catalog - digital + none, with interval; randomised arms when present, otherwise matched and labelled."
parameter_groups: [base, pur, stat]
parameters:
- {name: catalog_id, type: string, default: required, label_ja: カタログ, note: id of the issue}
- {name: digital_campaigns, type: list, default: required, label_ja: デジタル施策, note: "ids or names of campaigns or scenarios, or slots of the site"}
- {name: window_days, type: int, default: 14, minimum: 1, maximum: 365, label_ja: 成果の期間(日), note: "from the arrival of the catalog, for the contact and for the purchase"}
- {name: control_variants, type: list, default: "control,holdout", label_ja: 非表示群のバリアント, note: "variants of the site whose impressions were held back"}
columns:
- {name: catalog_arm, type: enum, unit: none, label_ja: カタログ}
- {name: digital_arm, type: enum, unit: none, label_ja: デジタル}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: rate, type: ratio, unit: ratio, label_ja: 購入率}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: interaction, type: ratio, unit: pp, label_ja: 相乗効果}
- {name: ci_low, type: ratio, unit: pp, label_ja: 下限}
- {name: ci_high, type: ratio, unit: pp, label_ja: 上限}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: digital_arm, y: catalog_arm, color: rate}
- {kind: table}
cells:
- {name: arms, keys: [catalog_arm, digital_arm, is_buyer], types: {is_buyer: bool}, customers: placed, becomes: {ja: "該当する顧客。カタログだけの顧客（catalog_arm=あり, digital_arm=なし）はフォローの対象", en: "customers; catalog only (catalog_arm=あり, digital_arm=なし) => those to follow up"}}
footnotes:
- {label_ja: 比較の方法, cte: comparison}
rules: [TZ, PUR, RET, HOLD, MERGE, SMALL, SET]
notes:
- ja: "デジタルの接触（サイト内の表示を含む）は、到着日から「成果の期間(日)」以内のものを数える。"
  en: "digital contacts (on-site displays too) count from the day of arrival up to window_days after it"
- ja: "無作為：カタログもデジタル施策も顧客の一部を対照として控え、4群すべてに該当者がいる場合。両方の群に入った顧客だけを、実際に届いたものにかかわらず、割り当てられた群で比べる。"
  en: "無作為: both the catalog and the digital campaigns held customers back, and each of the four arms has somebody; then only customers who are in an arm of both are compared, each in the arm of the assignment, whatever arrived"
- ja: "層別：それ以外の場合は全会員を比べ、何も送らなければ「なし」とする。率は、購入履歴（前1年間の購入回数、直近90日の購入の有無）の等しい層の中のもので、両方ありの群の人数で重み付けし、4群すべてに該当者がいる層だけを使う。接触した相手は選ばれたもので、因果の証拠にはならない。"
  en: "層別: otherwise all members are compared, where nothing was sent is なし; rates are those of layers with equal purchase history (orders of the year before, purchase in the last 90 days), weighted as in the arm with both, over layers in which all four arms have somebody. Who was contacted was chosen: it is no proof of cause"
- ja: "デジタルの群は、成果の期間内の最初の接触による。カタログのない人の到着日は、その号の最初の到着日とする。"
  en: "the digital arm is that of the first contact within the window; the day of arrival of who has no copy is the first one of the issue"
- ja: "相乗効果は購入率についてのもので、両方ありの行に示す。1人あたりは購入率と同じ重みで平均する。"
  en: "the interaction is of the purchase rate and stands with the arm that has both; amount_per_customer is weighted like the rate"
- ja: "成果の期間が基準日までに過ぎた顧客だけを対象とする。"
  en: "only customers whose window has passed by as_of"
standard: "Factorial comparison, difference in differences."
needs: [catalog_shipments]
example: {catalog_id: C2026A, digital_campaigns: season, window_days: 60}
step: synergy
*/
WITH copies AS (
  SELECT
    c.customer_id,
    MIN_BY(c.is_control, ROW(c.delivered_date, c.shipment_id)) AS is_control,
    MIN(c.delivered_date) AS arrived_date
  FROM catalog_copies AS c
  WHERE c.catalog_id = :catalog_id
  GROUP BY c.customer_id
),
arrivals AS (
  SELECT MIN(arrived_date) AS first_date FROM copies
),
members AS (
  SELECT
    p.customer_id,
    c.is_control AS is_withheld,
    COALESCE(c.arrived_date, a.first_date) AS arrived_date
  FROM population AS p
  CROSS JOIN arrivals AS a
  LEFT JOIN copies AS c ON c.customer_id = p.customer_id
  WHERE DATE_ADD('day', :window_days, COALESCE(c.arrived_date, a.first_date)) <= :as_of
),
contacts AS (
  SELECT t.customer_id, t.is_control, t.sent_at AS contact_at, t.sent_date AS contact_date, t.message_id AS contact_id
  FROM v_touches AS t
  LEFT JOIN campaign_labels AS l ON l.campaign_id = t.campaign_id
  WHERE
    t.campaign_id IN (:digital_campaigns)
    OR t.scenario_id IN (:digital_campaigns)
    OR l.campaign IN (:digital_campaigns)
  UNION ALL
  SELECT
    COALESCE(i.person_id, e.customer_id),
    COALESCE(e.variant IN (:control_variants), FALSE),
    e.event_at,
    e.event_date,
    e.event_id
  FROM web_events AS e
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  WHERE e.event_type = 'impression' AND e.slot_id IN (:digital_campaigns) AND NOT COALESCE(e.is_bot, FALSE)
),
contacted AS (
  SELECT m.customer_id, MIN_BY(t.is_control, ROW(t.contact_at, t.contact_id)) AS is_control
  FROM members AS m
  JOIN contacts AS t ON t.customer_id = m.customer_id
  WHERE t.contact_date >= m.arrived_date AND t.contact_date <= DATE_ADD('day', :window_days, m.arrived_date)
  GROUP BY m.customer_id
),
-- Chance decided where all four arms of those assigned to both have somebody.
designs AS (
  SELECT
    COUNT(DISTINCT CASE WHEN m.is_withheld THEN 1 ELSE 0 END + CASE WHEN t.is_control THEN 2 ELSE 0 END) = 4
      AS is_randomised
  FROM members AS m
  JOIN contacted AS t ON t.customer_id = m.customer_id
  WHERE m.is_withheld IS NOT NULL
),
comparison AS (
  SELECT CASE WHEN is_randomised THEN '無作為' ELSE '層別' END AS comparison
  FROM designs
),
bought AS (
  SELECT
    m.customer_id,
    COUNT_IF(p.purchase_date >= m.arrived_date) AS orders,
    SUM(CASE WHEN p.purchase_date >= m.arrived_date THEN p.amount ELSE 0 END) AS amount,
    COUNT_IF(p.purchase_date < m.arrived_date) AS orders_before,
    COUNT_IF(p.purchase_date < m.arrived_date AND p.purchase_date >= DATE_ADD('day', -90, m.arrived_date)) AS orders_lately
  FROM members AS m
  JOIN purchases AS p ON p.customer_id = m.customer_id
  WHERE
    p.purchase_date >= DATE_ADD('day', -365, m.arrived_date)
    AND p.purchase_date <= DATE_ADD('day', :window_days, m.arrived_date)
  GROUP BY m.customer_id
),
placed AS (
  SELECT
    m.customer_id,
    CASE WHEN m.is_withheld IS NULL OR m.is_withheld THEN 'なし' ELSE 'あり' END AS catalog_arm,
    CASE WHEN t.is_control IS NULL OR t.is_control THEN 'なし' ELSE 'あり' END AS digital_arm,
    CASE
      WHEN d.is_randomised THEN ''
      WHEN COALESCE(b.orders_before, 0) = 0 THEN '0'
      WHEN b.orders_before = 1 THEN '1'
      WHEN b.orders_before <= 3 THEN '2-3'
      ELSE '4-'
    END || CASE WHEN NOT d.is_randomised AND COALESCE(b.orders_lately, 0) > 0 THEN '+' ELSE '' END AS layer,
    COALESCE(b.orders, 0) > 0 AS is_buyer,
    COALESCE(b.amount, 0) AS amount
  FROM members AS m
  CROSS JOIN designs AS d
  LEFT JOIN contacted AS t ON t.customer_id = m.customer_id
  LEFT JOIN bought AS b ON b.customer_id = m.customer_id
  WHERE NOT d.is_randomised OR (m.is_withheld IS NOT NULL AND t.is_control IS NOT NULL)
)
SELECT
  catalog_arm,
  digital_arm,
  layer,
  COUNT(*) AS customers,
  COUNT_IF(is_buyer) AS buyers,
  CAST(SUM(amount) AS DOUBLE) AS amount
FROM placed
GROUP BY catalog_arm, digital_arm, layer
ORDER BY catalog_arm, digital_arm, layer
