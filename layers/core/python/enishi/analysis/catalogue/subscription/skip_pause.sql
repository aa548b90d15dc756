/*
id: skip_pause
name: {ja: スキップ・休止行動分析, en: Skips and pauses}
category: subscription
origin: extension
tier: standard
question:
  ja: スキップや休止は解約の前ぶれか。お届け周期を延ばすと契約は続くか。
  en: "Do skips and pauses announce cancellation, and do longer intervals save the contract?"
method:
  ja: "最初のスキップ、2回目のスキップ、休止、周期の変更から「追跡日数」（既定90日）以内の解約を、その行動のない契約と比べる。お届けした数量から使い残しを推定する。"
  en: "Cancellation within 90 days after the first skip, second skip, pause, interval change, against contracts without; stock-up estimate from delivered quantity."
parameter_groups: [period, base, stat]
parameters:
- {name: follow_days, type: int, default: 90, minimum: 1, label_ja: 追跡日数, note: ""}
columns:
- {name: behaviour, type: enum, unit: none, label_ja: 行動}
- {name: contracts, type: int, unit: contracts, label_ja: 契約数}
- {name: cancel_rate, type: ratio, unit: ratio, label_ja: 解約率}
- {name: base_rate, type: ratio, unit: ratio, label_ja: 比較解約率}
- {name: lift, type: double, unit: ratio, label_ja: リフト}
- {name: interval_changed_rate, type: ratio, unit: ratio, label_ja: 周期変更率}
- {name: current, type: int, unit: contracts, label_ja: 現在該当}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: behaviour, y: lift}
- {kind: table}
cells:
- {name: current, keys: [behaviour], customers: currently, becomes: {ja: "お届け周期の延長を勧める契約者", en: "holders to offer a longer interval"}}
- {name: followed, keys: [behaviour, is_cancelled], types: {is_cancelled: bool}, customers: followed, becomes: {ja: "期間内にその行動をとった契約者（「追跡日数」以内に解約したかどうか別）", en: "holders who did so in the period, and cancelled within follow_days or not"}}
rules: [TZ, MERGE, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "契約数は、期間内にその行動を最初にした契約で、その後「追跡日数」が過ぎたもの。解約率はその契約についてのもの。"
  en: "contracts: those that first did so in the period, if follow_days have passed since; cancel_rate is theirs"
- ja: "比較解約率は、その行動をとった契約の典型的な契約日数（開始からの日数の中央値）の時点で、まだその行動をとっていなかった契約のうち、その日から「追跡日数」以内に解約した割合。"
  en: "base_rate: contracts that had not done so at the age (days since the start) at which the others typically did, the median; cancelled within follow_days of that day"
- ja: "使い残しは推定。お届けの日に、それまでにお届けした分（数量×商品の想定使用日数）がさらに1回分以上残っていると見積もられるもの。"
  en: "使い残し is an estimate: on the day of a delivery, what earlier ones brought (quantity x the product's expected_cycle_days) would still last for a whole further delivery"
- ja: "周期延長と周期短縮は、変更前後の値の比較による。周期変更率は、その後「追跡日数」以内に周期を変えた割合。"
  en: "周期延長 and 周期短縮 compare the old and new value of the change; interval_changed_rate is the share that changed the interval in follow_days afterwards"
- ja: "現在該当は、直近の「追跡日数」にその行動を最後にとった、続いている契約。2回スキップした契約は「2回目スキップ」だけに入る。"
  en: "current: running contracts that last did so in the last follow_days; who has skipped twice is in 2回目スキップ only"
needs: [subscriptions]
*/
WITH skips AS (
  SELECT
    e.subscription_id,
    e.event_date,
    ROW_NUMBER() OVER (PARTITION BY e.subscription_id ORDER BY e.event_date, e.event_id) AS nth
  FROM subscription_events AS e
  WHERE e.event_type = 'skip' AND e.event_date <= :as_of
),
changes AS (
  SELECT
    e.subscription_id,
    e.event_date,
    CASE
      WHEN TRY_CAST(e.new_value AS INTEGER) > TRY_CAST(e.old_value AS INTEGER) THEN '周期延長'
      WHEN TRY_CAST(e.new_value AS INTEGER) < TRY_CAST(e.old_value AS INTEGER) THEN '周期短縮'
    END AS behaviour
  FROM subscription_events AS e
  WHERE e.event_type = 'change_interval' AND e.event_date <= :as_of
),
leftovers AS (
  SELECT d.subscription_id, d.delivered_date
  FROM deliveries AS d
  JOIN contracts AS k ON k.subscription_id = d.subscription_id
  JOIN products AS p ON p.product_id = d.product_id
  WHERE
    (d.k - 1) * COALESCE(k.quantity, 1) * p.expected_cycle_days - DATE_DIFF('day', k.started_date, d.delivered_date)
    >= COALESCE(k.quantity, 1) * p.expected_cycle_days
),
-- When each contract first and last behaved so.
signs AS (
  SELECT subscription_id, '初回スキップ' AS behaviour, MIN(event_date) AS first_date,
    CASE WHEN COUNT(*) = 1 THEN MIN(event_date) END AS last_date
  FROM skips
  GROUP BY subscription_id
  UNION ALL
  SELECT subscription_id, '2回目スキップ', MIN(CASE WHEN nth = 2 THEN event_date END), MAX(event_date)
  FROM skips
  GROUP BY subscription_id
  HAVING COUNT(*) >= 2
  UNION ALL
  SELECT subscription_id, '休止', MIN(event_date), MAX(event_date)
  FROM subscription_events
  WHERE event_type = 'pause' AND event_date <= :as_of
  GROUP BY subscription_id
  UNION ALL
  SELECT subscription_id, behaviour, MIN(event_date), MAX(event_date)
  FROM changes
  WHERE behaviour IS NOT NULL
  GROUP BY subscription_id, behaviour
  UNION ALL
  SELECT subscription_id, '使い残し', MIN(delivered_date), MAX(delivered_date)
  FROM leftovers
  GROUP BY subscription_id
),
followed AS (
  SELECT
    s.behaviour,
    k.customer_id,
    k.subscription_id,
    s.first_date,
    DATE_DIFF('day', k.started_date, s.first_date) AS age,
    k.state = 'cancelled' AND k.ended_date <= DATE_ADD('day', :follow_days, s.first_date) AS is_cancelled
  FROM signs AS s
  JOIN contracts AS k ON k.subscription_id = s.subscription_id
  WHERE
    s.first_date BETWEEN :period_start AND :period_end
    AND DATE_ADD('day', :follow_days, s.first_date) <= :as_of
    AND s.first_date >= k.started_date
    AND COALESCE(s.first_date <= k.ended_date, TRUE)
),
changed_later AS (
  SELECT DISTINCT f.behaviour, f.subscription_id
  FROM followed AS f
  JOIN subscription_events AS e ON e.subscription_id = f.subscription_id AND e.event_type = 'change_interval'
  WHERE e.event_date > f.first_date AND e.event_date <= DATE_ADD('day', :follow_days, f.first_date)
),
outcomes AS (
  SELECT
    f.behaviour,
    COUNT(*) AS contracts,
    RATIO(COUNT_IF(f.is_cancelled), COUNT(*)) AS cancel_rate,
    RATIO(COUNT(c.subscription_id), COUNT(*)) AS interval_changed_rate,
    CAST(FLOOR(QUANTILE_OF(f.age, 0.5)) AS INTEGER) AS age
  FROM followed AS f
  LEFT JOIN changed_later AS c ON c.behaviour = f.behaviour AND c.subscription_id = f.subscription_id
  GROUP BY f.behaviour
),
-- Contracts that ran at the typical age and had not done so, by that day.
compared AS (
  SELECT
    o.behaviour,
    DATE_ADD('day', o.age, k.started_date) AS from_date,
    k.state,
    k.ended_date
  FROM outcomes AS o
  CROSS JOIN contracts AS k
  LEFT JOIN signs AS s ON s.behaviour = o.behaviour AND s.subscription_id = k.subscription_id
  WHERE
    DATE_ADD('day', o.age, k.started_date) BETWEEN :period_start AND :period_end
    AND DATE_ADD('day', o.age + :follow_days, k.started_date) <= :as_of
    AND COALESCE(k.ended_date > DATE_ADD('day', o.age, k.started_date), TRUE)
    AND COALESCE(s.first_date > DATE_ADD('day', o.age, k.started_date), TRUE)
),
base_rates AS (
  SELECT
    behaviour,
    RATIO(
      COUNT_IF(state = 'cancelled' AND ended_date <= DATE_ADD('day', :follow_days, from_date)), COUNT(*)
    ) AS base_rate
  FROM compared
  GROUP BY behaviour
),
currently AS (
  SELECT s.behaviour, k.customer_id, k.subscription_id
  FROM signs AS s
  JOIN contracts AS k ON k.subscription_id = s.subscription_id AND k.state IN ('active', 'paused')
  WHERE s.last_date > DATE_ADD('day', -:follow_days, :as_of) AND s.last_date <= :as_of
),
current_counts AS (
  SELECT behaviour, COUNT(*) AS contracts
  FROM currently
  GROUP BY behaviour
)
SELECT
  v.behaviour,
  COALESCE(o.contracts, 0) AS contracts,
  o.cancel_rate,
  b.base_rate,
  RATIO(o.cancel_rate, b.base_rate) AS lift,
  o.interval_changed_rate,
  COALESCE(c.contracts, 0) AS current,
  COALESCE(o.contracts, 0) < :min_cell AS low_n
FROM UNNEST(ARRAY['初回スキップ', '2回目スキップ', '休止', '周期延長', '周期短縮', '使い残し'])
  WITH ORDINALITY AS v(behaviour, place)
LEFT JOIN outcomes AS o ON o.behaviour = v.behaviour
LEFT JOIN base_rates AS b ON b.behaviour = v.behaviour
LEFT JOIN current_counts AS c ON c.behaviour = v.behaviour
ORDER BY v.place
