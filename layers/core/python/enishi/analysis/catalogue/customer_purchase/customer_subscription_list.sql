/*
id: customer_subscription_list
name: {ja: 顧客別定期契約リスト, en: Subscription list by customer}
category: customer_purchase
origin: brief
brief_names: [顧客別定期契約リスト]
tier: core
question:
  ja: 顧客ごとに、どの定期契約を、いつから何回続けていて、次のお届けはいつか。
  en: "Which contracts does each customer hold now, how long have they lasted and when is the next delivery?"
method:
  ja: "基準日の契約1件につき1行。お届け回数、スキップ回数、次回予定日を示す。"
  en: "One row per contract at as_of with counts of deliveries, skips and pauses, and the expected next date."
parameter_groups: [asof, base, top]
parameters:
- {name: status, type: "enum(active,paused,cancelled,all)", default: active, label_ja: 状態, note: "all: completed ones too"}
- {name: next_within_days, type: int, default: null, minimum: 0, label_ja: 次回予定までの日数, note: "next delivery from as_of to so many days later; null = any"}
- {name: min_delivered, type: int, default: 0, minimum: 0, label_ja: 最少お届け回数, note: ""}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: a list is for contact}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: subscription_id, type: string, unit: none, label_ja: 契約ID}
- {name: product_name, type: string, unit: none, label_ja: 商品}
- {name: started, type: date, unit: date, label_ja: 開始日}
- {name: delivered_count, type: int, unit: times, label_ja: お届け回数}
- {name: skips, type: int, unit: times, label_ja: スキップ回数}
- {name: interval_days, type: int, unit: days, label_ja: 周期}
- {name: next_order_date, type: date, unit: date, label_ja: 次回予定日}
- {name: amount_to_date, type: money, unit: JPY, label_ja: 累計金額}
- {name: status, type: enum, unit: none, label_ja: 状態}
- {name: cancel_reason, type: string, unit: none, label_ja: 解約理由}
charts:
- {kind: table}
cells:
- {name: rows, keys: [customer_id, subscription_id, product_name, started, delivered_count, skips, interval_days, next_order_date, status, cancel_reason], customers: contracts, products: contracts, becomes: {ja: "その契約を持つ顧客と、契約の商品", en: "customers holding these contracts, with the contract products"}}
rules: [TZ, MERGE, WD, UNK, SCD, SET]
notes:
- ja: "契約を2件持つ顧客は2行になるが、対象者としては1人。"
  en: "one customer with two contracts has two rows and is one member of the set"
- ja: "累計金額は、その契約の受注の合計（返品控除後）。受注に契約の記録がない場合は、お届け回数×単価。"
  en: "amount_to_date is what the orders of the contract came to, net of returns; where orders do not name their contract, deliveries x price"
- ja: "次回予定日の早い順に並べる。「表示件数」を超える分は、その他の1行にまとめる。"
  en: "the next delivery is the soonest first; beyond top_n the rest is one row その他"
- ja: "理由の記録なく解約した契約の解約理由は、不明。"
  en: "cancel_reason is 不明 for a contract that was cancelled without one"
needs: [subscriptions]
*/
WITH stopped AS (
  SELECT
    e.subscription_id,
    COUNT_IF(e.event_type = 'skip') AS skips,
    COUNT_IF(e.event_type = 'deliver') AS deliveries
  FROM subscription_events AS e
  WHERE e.event_date <= :as_of
  GROUP BY e.subscription_id
),
paid AS (
  SELECT p.subscription_id, SUM(p.amount) AS amount
  FROM v_purchases AS p
  WHERE p.subscription_id IS NOT NULL
  GROUP BY p.subscription_id
),
-- A contract as it stood on the day: one that was cancelled later was still running.
held AS (
  SELECT
    s.*,
    COALESCE(i.person_id, s.customer_id) AS holder_id,
    CASE WHEN s.status = 'cancelled' AND s.cancelled_date > :as_of THEN 'active' ELSE s.status END AS state
  FROM subscriptions AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  WHERE COALESCE(s.started_date <= :as_of, TRUE)
),
contracts AS (
  SELECT
    h.holder_id AS customer_id,
    h.subscription_id,
    h.product_id,
    COALESCE(d.name, h.product_id, :unknown) AS product_name,
    h.started_date AS started,
    COALESCE(h.delivered_count, e.deliveries, 0) AS delivered_count,
    COALESCE(e.skips, 0) AS skips,
    h.interval_days,
    h.next_order_date,
    COALESCE(a.amount, COALESCE(h.delivered_count, e.deliveries, 0) * h.unit_price) AS amount_to_date,
    CASE h.state
      WHEN 'active' THEN '契約中'
      WHEN 'paused' THEN '休止中'
      WHEN 'cancelled' THEN '解約'
      WHEN 'completed' THEN '満了'
      ELSE :unknown
    END AS status,
    CASE WHEN h.state = 'cancelled' THEN COALESCE(h.cancel_reason, :unknown) END AS cancel_reason
  FROM held AS h
  JOIN population AS c ON c.customer_id = h.holder_id
  LEFT JOIN products AS d ON d.product_id = h.product_id
  LEFT JOIN stopped AS e ON e.subscription_id = h.subscription_id
  LEFT JOIN paid AS a ON a.subscription_id = h.subscription_id
  WHERE
    (:status = 'all' OR h.state = :status)
    AND (
      :next_within_days_is_open
      OR h.next_order_date BETWEEN :as_of AND DATE_ADD('day', COALESCE(:next_within_days, 0), :as_of)
    )
    AND COALESCE(h.delivered_count, e.deliveries, 0) >= :min_delivered
),
placed AS (
  SELECT
    c.*,
    ROW_NUMBER() OVER (
      ORDER BY c.next_order_date NULLS LAST, c.amount_to_date DESC NULLS LAST, c.subscription_id
    ) AS place
  FROM contracts AS c
),
kept AS (
  SELECT
    place, customer_id, subscription_id, product_name, started, delivered_count, skips, interval_days, next_order_date,
    amount_to_date, status, cancel_reason
  FROM placed
  WHERE place <= :top_n
  UNION ALL
  SELECT
    MAX(place), :other, NULL, NULL, MIN(started), SUM(delivered_count), SUM(skips), NULL, MIN(next_order_date),
    SUM(amount_to_date), NULL, NULL
  FROM placed
  WHERE place > :top_n
  HAVING COUNT(*) > 0
)
SELECT
  k.customer_id,
  k.subscription_id,
  k.product_name,
  k.started,
  k.delivered_count,
  k.skips,
  k.interval_days,
  k.next_order_date,
  k.amount_to_date,
  k.status,
  k.cancel_reason
FROM kept AS k
ORDER BY k.place
