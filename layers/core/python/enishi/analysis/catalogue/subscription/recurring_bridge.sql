/*
id: recurring_bridge
name: {ja: 定期売上ブリッジ分析, en: Recurring revenue bridge}
category: subscription
origin: extension
tier: standard
question:
  ja: 毎月の定期売上は、新規・増額・減額・休止・解約・再開のどれでどれだけ動いたか。
  en: Through which flows did monthly recurring sales change?
method:
  ja: "契約を月額（単価×数量×30/お届け周期(日)）に直し、新規・増額・減額・休止・解約・再開に分けて増減を示す。"
  en: "Normalise each contract to a monthly amount (price x quantity x 30 / interval); bridge: new, expansion, contraction, paused, churned, resumed."
parameter_groups: [period, base, grain]
columns:
- {name: bucket, type: month, unit: months, label_ja: 月}
- {name: opening, type: money, unit: JPY, label_ja: 期首月額}
- {name: new, type: money, unit: JPY, label_ja: 新規}
- {name: expansion, type: money, unit: JPY, label_ja: 増額}
- {name: contraction, type: money, unit: JPY, label_ja: 減額}
- {name: paused, type: money, unit: JPY, label_ja: 休止}
- {name: churned, type: money, unit: JPY, label_ja: 解約}
- {name: resumed, type: money, unit: JPY, label_ja: 再開}
- {name: closing, type: money, unit: JPY, label_ja: 期末月額}
- {name: net_retention, type: ratio, unit: ratio, label_ja: 売上維持率}
charts:
- {kind: waterfall, x: bucket, y: [opening, new, expansion, contraction, paused, churned, resumed, closing], options: {totals: [opening, closing], ends: [opening, closing]}, title_ja: 期間全体の増減}
- {kind: line, x: bucket, y: closing}
- {kind: table}
cells:
- {name: flow, keys: [bucket, flow], types: {flow: string}, customers: flows, becomes: {ja: "契約者。flowは新規＝new、増額＝expansion、減額＝contraction、休止＝paused、解約＝churned、再開＝resumedのいずれか", en: "holders; flow is new, expansion, contraction, paused, churned or resumed"}}
rules: [TZ, MERGE, RECON, DIV0, SCD, SET]
notes:
- ja: "期首月額＋新規＋増額＋減額＋休止＋解約＋再開＝期末月額。減額・休止・解約は負の値。"
  en: "opening + new + expansion + contraction + paused + churned + resumed = closing; contraction, paused and churned are below zero"
- ja: "売上維持率は、期首月額に対する、期間より前からの契約（再開したものを含む）の期末の月額の割合。"
  en: "net_retention: of the opening amount, what contracts from before the bucket (those that resumed too) bill at its end"
- ja: "解約には終了した契約も含む。休止中に解約した契約は、定期契約推移分析と同じく再開と解約の両方に数える。"
  en: "churned holds completed contracts too; a contract that is cancelled while paused counts in resumed and in churned, as in 定期契約推移分析"
- ja: "各日のお届け周期は周期変更の記録による。商品変更の前の単価は、現在の単価に2商品の定価の比を掛けたもの。過去の単価と数量は残らないため、それ以外の変更は表れない。"
  en: "the interval of each day is that of change_interval events; after change_product the price before is the present one in the proportion of the two products' list prices; earlier prices and quantities are not kept, so other changes of them do not show"
- ja: "休止中の変更は、再開する金額に表れる。"
  en: "a change while paused shows in the amount that is resumed"
needs: [subscriptions]
*/
WITH changes AS (
  SELECT e.subscription_id, e.event_type, e.event_date, e.event_id, e.old_value, e.new_value
  FROM subscription_events AS e
  JOIN contracts AS k ON k.subscription_id = e.subscription_id
  WHERE
    e.event_type IN ('change_interval', 'change_product')
    AND e.event_date >= k.started_date
    AND COALESCE(e.event_date <= k.ended_date, TRUE)
),
-- What held before the first change and after each one.
values_told AS (
  SELECT
    subscription_id,
    event_type,
    0 AS place,
    MIN_BY(old_value, ROW(event_date, event_id)) AS value,
    NULL AS event_date,
    '' AS event_id
  FROM changes
  GROUP BY subscription_id, event_type
  UNION ALL
  SELECT subscription_id, event_type, 1, new_value, event_date, event_id
  FROM changes
),
spans AS (
  SELECT
    v.subscription_id,
    v.event_type,
    v.value,
    COALESCE(v.event_date, k.started_date) AS valid_from,
    LEAD(v.event_date) OVER (
      PARTITION BY v.subscription_id, v.event_type ORDER BY v.place, v.event_date, v.event_id
    ) AS valid_to
  FROM values_told AS v
  JOIN contracts AS k ON k.subscription_id = v.subscription_id
),
days AS (
  SELECT subscription_id, flow_date AS day, SUM(change) AS change
  FROM (
    SELECT subscription_id, flow_date, change FROM contract_flows
    UNION ALL
    SELECT subscription_id, event_date, 0 FROM changes
  ) AS m
  GROUP BY subscription_id, flow_date
),
levels AS (
  SELECT
    d.subscription_id,
    d.day,
    d.change,
    CAST(
      COALESCE(
        CAST(k.unit_price AS DOUBLE) * COALESCE(k.quantity, 1)
        * RATIO(30, COALESCE(TRY_CAST(i.value AS INTEGER), k.interval_days))
        * COALESCE(RATIO(then_product.list_price, now_product.list_price), 1e0),
        0e0
      ) AS DECIMAL(18, 2)
    ) AS monthly
  FROM days AS d
  JOIN contracts AS k ON k.subscription_id = d.subscription_id
  LEFT JOIN spans AS i
    ON i.subscription_id = d.subscription_id
    AND i.event_type = 'change_interval'
    AND i.valid_from <= d.day
    AND COALESCE(d.day < i.valid_to, TRUE)
  LEFT JOIN spans AS c
    ON c.subscription_id = d.subscription_id
    AND c.event_type = 'change_product'
    AND c.valid_from <= d.day
    AND COALESCE(d.day < c.valid_to, TRUE)
  LEFT JOIN products AS then_product ON then_product.product_id = c.value
  LEFT JOIN products AS now_product ON now_product.product_id = k.product_id
),
followed AS (
  SELECT
    v.subscription_id,
    v.day,
    v.monthly,
    LAG(v.monthly) OVER (PARTITION BY v.subscription_id ORDER BY v.day) AS before,
    SUM(v.change) OVER (PARTITION BY v.subscription_id ORDER BY v.day) - v.change AS was_active
  FROM levels AS v
),
moves AS (
  SELECT
    f.subscription_id,
    f.day,
    CASE WHEN f.monthly > f.before THEN 'expansion' ELSE 'contraction' END AS flow,
    f.monthly - f.before AS amount
  FROM followed AS f
  WHERE f.was_active = 1 AND f.monthly <> f.before
  UNION ALL
  SELECT
    c.subscription_id,
    c.flow_date,
    CASE
      WHEN c.flow = 'started' THEN 'new'
      WHEN c.flow IN ('cancelled', 'completed') THEN 'churned'
      ELSE c.flow
    END,
    c.change * f.monthly
  FROM contract_flows AS c
  JOIN followed AS f ON f.subscription_id = c.subscription_id AND f.day = c.flow_date
),
flows AS (
  SELECT
    CASE WHEN m.day >= :period_start THEN GRAIN_OF(m.day) END AS bucket,
    m.flow,
    k.customer_id,
    m.amount,
    GRAIN_OF(k.started_date) < GRAIN_OF(m.day) OR k.started_date < :period_start AS is_older
  FROM moves AS m
  JOIN contracts AS k ON k.subscription_id = m.subscription_id
  WHERE m.day <= :period_end
),
buckets AS (
  SELECT DISTINCT GRAIN_OF(day) AS bucket
  FROM UNNEST(SEQUENCE(:period_start, :period_end, INTERVAL '1' DAY)) AS t(day)
),
carried AS (
  SELECT COALESCE(SUM(amount), 0) AS amount FROM flows WHERE bucket IS NULL
),
summed AS (
  SELECT
    b.bucket,
    COALESCE(SUM(CASE WHEN f.flow = 'new' THEN f.amount END), 0) AS new,
    COALESCE(SUM(CASE WHEN f.flow = 'expansion' THEN f.amount END), 0) AS expansion,
    COALESCE(SUM(CASE WHEN f.flow = 'contraction' THEN f.amount END), 0) AS contraction,
    COALESCE(SUM(CASE WHEN f.flow = 'paused' THEN f.amount END), 0) AS paused,
    COALESCE(SUM(CASE WHEN f.flow = 'churned' THEN f.amount END), 0) AS churned,
    COALESCE(SUM(CASE WHEN f.flow = 'resumed' THEN f.amount END), 0) AS resumed,
    COALESCE(SUM(f.amount), 0) AS net,
    COALESCE(SUM(CASE WHEN f.is_older THEN f.amount END), 0) AS net_of_older
  FROM buckets AS b
  LEFT JOIN flows AS f ON f.bucket = b.bucket
  GROUP BY b.bucket
),
stocked AS (
  SELECT s.*, c.amount + SUM(s.net) OVER (ORDER BY s.bucket ROWS UNBOUNDED PRECEDING) AS closing
  FROM summed AS s
  CROSS JOIN carried AS c
)
SELECT
  s.bucket,
  CAST(s.closing - s.net AS DECIMAL(18, 2)) AS opening,
  s.new,
  s.expansion,
  s.contraction,
  s.paused,
  s.churned,
  s.resumed,
  CAST(s.closing AS DECIMAL(18, 2)) AS closing,
  RATIO(s.closing - s.net + s.net_of_older, s.closing - s.net) AS net_retention
FROM stocked AS s
ORDER BY s.bucket
