/*
id: subscription_projection
name: {ja: 定期継続率予測分析(sBG), en: Projected retention (sBG)}
category: subscription
origin: extension
tier: advanced
question:
  ja: 今の定期契約は12回先のお届けまでにいくつ残るか。新しい契約1件にはいくらの価値があるか。
  en: "How many of today's contracts will be left in 12 deliveries, and what is a new contract worth?"
method:
  ja: "コホートの残存に、シフト付きベータ幾何モデル（sBG）のalphaとbetaを当てはめる。S(t) = B(alpha, beta+t)/B(alpha, beta)。予測し、割り引き、別に取り置いたコホートと比べる。"
  en: "Fit alpha and beta of the shifted-beta-geometric on cohort survivors, S(t) = B(alpha, beta+t)/B(alpha, beta); project, discount, and compare with held-out cohorts."
parameter_groups: [asof, base]
parameters:
- {name: horizon, type: int, default: 12, minimum: 1, maximum: 200, label_ja: 予測する回数, note: ""}
- {name: annual_discount, type: ratio, default: 0.10, minimum: 0, label_ja: 割引率(年), note: ""}
- {name: min_cohort, type: int, default: 200, minimum: 2, label_ja: 最少契約数, note: "smaller groups are pooled as その他; nothing is projected from fewer, and without a large enough group there is 合計 alone"}
- {name: by, type: axis, default: product_id, label_ja: 内訳, over: [products], shown_as: by, note: "a column of products; null = all together only"}
columns:
- {name: by, type: string, unit: none, label_ja: 区分}
- {name: k, type: int, unit: times, label_ja: 回数}
- {name: contracts, type: int, unit: contracts, label_ja: 対象契約}
- {name: actual, type: double, unit: probability, label_ja: 実績継続率, of: contracts}
- {name: projected, type: double, unit: probability, label_ja: 予測継続率}
- {name: remaining, type: double, unit: contracts, label_ja: 現契約の残存数}
- {name: expected_deliveries, type: double, unit: times, label_ja: 期待お届け回数}
- {name: contract_value, type: money, unit: JPY, label_ja: 契約LTV}
- {name: error, type: double, unit: pp, label_ja: 検証誤差}
step: sbg
charts:
- {kind: line, x: k, y: [actual, projected], where: {by: 合計}, title_ja: 全契約の実績と予測}
- {kind: line, x: k, y: projected, color: by}
- {kind: table}
cells:
- {name: group, keys: [by], customers: active_contracts, becomes: {ja: "その区分の有効な契約の契約者（予測の値は集合として開けない）", en: "holders of the active contracts of the group (projected cells are not a set)"}}
rules: [TZ, CENSOR, SMALL, MERGE]
notes:
- ja: "回数の縛りで続いている間には適用できない。最少契約回数までのお届けは除く。"
  en: "not valid where a commitment keeps people in; the first min_commit_count deliveries are left out"
- ja: "回数kは、契約で縛られるお届け（少なくとも1回目）の後のお届けの数。その前に解約した契約にはkがない。行は0から「予測する回数」まで、または実績が進んだところまで。"
  en: "k counts deliveries after those that the contract binds to (at least the first one); who cancelled before has no k. Rows go from 0 to horizon and as far as anybody has come"
- ja: "対象契約は、kの時点で見ている契約の数。実績継続率は、さらにk回目のお届けを受けた割合（Kaplan–Meier法）。継続中・休止中・終了の契約は、これまでに進んだところまでわかる。"
  en: "contracts is how many are watched at k, actual the Kaplan-Meier share that took the k-th further delivery; contracts that run, pause or are complete are known as far as they have come"
- ja: "現契約の残存数は、現在の有効な契約のうち、さらにk回のお届けの後に残ると見込む数。"
  en: "remaining: of today's active contracts those expected after k more deliveries"
- ja: "期待お届け回数と契約LTVは、新しい契約の回数kまでの値。縛られるお届けと、その後の各お届けを継続する確率で、区分の平均単価と平均周期により、1回目から割り引いて合計する。契約の粗利はわからないため、売上とする。"
  en: "expected_deliveries and contract_value are of a new contract up to k: the binding deliveries and each further one by its probability, at the group's mean price and interval, discounted from the first one; margin is not known of a contract, so it is sales"
- ja: "検証誤差はパーセントポイント。奇数月に始まった契約による予測から、偶数月の契約の実績を引いたもの。"
  en: "error in percentage points: projected from the contracts that started in odd months, minus what those of even months did"
- ja: "縛られるお届けを過ぎた契約は、いまの位置から予測する。過ぎていない契約は、そこまで達するものとする。"
  en: "a contract already past its binding deliveries is projected from where it stands; one that is not is taken to reach them"
standard: "Fader and Hardie (2007), Journal of Interactive Marketing 21(1) 76-90."
needs: [subscriptions]
*/
WITH grouped AS (
  SELECT
    :by AS own_group,
    k.subscription_id,
    k.customer_id,
    k.state,
    k.delivered_count - GREATEST(COALESCE(k.min_commit_count, 0), 1) AS reached,
    GREATEST(COALESCE(k.min_commit_count, 0), 1) AS bound,
    k.unit_price * COALESCE(k.quantity, 1) AS price,
    k.interval_days,
    MONTH(k.started_date) % 2 = 0 AS is_held_out
  FROM contracts AS k
  LEFT JOIN products ON products.product_id = k.product_id
),
sizes AS (
  SELECT own_group, COUNT(*) AS contracts
  FROM grouped
  GROUP BY own_group
),
-- Every contract in its group and in all together.
placed AS (
  SELECT CASE WHEN s.contracts >= :min_cohort THEN g.own_group ELSE :other END AS "by", g.*
  FROM grouped AS g
  JOIN sizes AS s ON s.own_group = g.own_group
  WHERE g.own_group <> :total AND (SELECT MAX(contracts) FROM sizes) >= :min_cohort
  UNION ALL
  SELECT :total, g.*
  FROM grouped AS g
),
active_contracts AS (
  SELECT "by", customer_id
  FROM placed
  WHERE state = 'active'
)
SELECT
  p."by",
  p.is_held_out,
  p.reached,
  COUNT_IF(p.state = 'cancelled') AS lost,
  COUNT_IF(p.state <> 'cancelled') AS left_out,
  COUNT_IF(p.state = 'active') AS active,
  SUM(p.bound) AS bound,
  SUM(CAST(p.price AS DOUBLE)) AS price,
  COUNT(p.price) AS priced,
  SUM(CAST(p.interval_days AS DOUBLE)) AS interval_days,
  COUNT(p.interval_days) AS timed,
  COUNT(*) AS contracts
FROM placed AS p
GROUP BY p."by", p.is_held_out, p.reached
ORDER BY
  CASE p."by" WHEN :total THEN 0 WHEN :other THEN 2 WHEN :unknown THEN 3 ELSE 1 END,
  p."by",
  p.is_held_out,
  p.reached
