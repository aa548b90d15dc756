/*
id: subscription_trend
name: {ja: 定期契約推移分析, en: Subscription base over time}
category: subscription
origin: extension
tier: core
question:
  ja: 定期契約は毎月いくつ始まり、休み、再開し、やめ、残っているか。請求額はいくらか。
  en: "How many contracts start, pause, resume, stop and remain each month, and what do they bill?"
method:
  ja: "期首＋開始＋再開−休止−解約−終了＝期末。あわせて請求額と、月の解約率（解約/期首）を示す。"
  en: "Opening + started + resumed - paused - cancelled - completed = closing, with billed amount and monthly churn = cancelled / opening."
parameter_groups: [period, base, grain]
parameters:
- {name: by, type: axis, default: product_id, label_ja: 内訳, over: [products], shown_as: by, note: "a column of products; null = all together"}
columns:
- {name: bucket, type: month, unit: months, label_ja: 月}
- {name: by, type: string, unit: none, label_ja: 区分}
- {name: opening, type: int, unit: contracts, label_ja: 期首}
- {name: started, type: int, unit: contracts, label_ja: 開始}
- {name: resumed, type: int, unit: contracts, label_ja: 再開}
- {name: paused, type: int, unit: contracts, label_ja: 休止}
- {name: cancelled, type: int, unit: contracts, label_ja: 解約}
- {name: closing, type: int, unit: contracts, label_ja: 期末}
- {name: churn, type: ratio, unit: ratio, label_ja: 解約率}
- {name: billed, type: money, unit: JPY, label_ja: 請求額}
needs: [subscriptions]
charts:
- {kind: area, x: bucket, y: closing, color: by}
- {kind: line, x: bucket, y: churn, color: by}
- {kind: stacked_bar, x: bucket, y: cancelled, color: by}
- {kind: table}
cells:
- {name: flow, keys: [bucket, by, flow], types: {flow: string}, customers: flows, becomes: {ja: "その動きのあった契約の契約者。flowは開始＝started、再開＝resumed、休止＝paused、解約＝cancelled、終了＝completedのいずれか", en: "holders of the contracts that did so; flow is started, resumed, paused, cancelled or completed"}}
rules: [TZ, MERGE, RECON, DIV0, SCD, SET]
notes:
- ja: "期首＋開始＋再開−休止−解約−終了＝期末。終了した契約の列はなく、掘り下げのflow=completedで挙げる。"
  en: "opening + started + resumed - paused - cancelled - completed = closing; completed contracts have no column, the cell flow=completed lists them"
- ja: "残高は有効な契約の数。休止中に解約した契約は再開と解約の両方に数え、すべての解約が見え、残高が合うようにする。"
  en: "the stock is of active contracts; a contract that is cancelled while paused counts in resumed and in cancelled, so that every cancellation is seen and the stock adds up"
- ja: "同じ月に開始し解約した契約は、両方に数える。"
  en: "started and cancelled in the same month counts in both"
- ja: "請求額は、その契約を示す注文の額（返品を差し引く）。そのような注文がなければ、現在の単価でのお届けの額。"
  en: "billed: orders that name the contract, net of returns; where no order names it, its deliveries at the present price"
*/
WITH grouped AS (
  SELECT k.subscription_id, :by AS "by"
  FROM contracts AS k
  LEFT JOIN products ON products.product_id = k.product_id
),
flows AS (
  SELECT
    CASE WHEN f.flow_date >= :period_start THEN GRAIN_OF(f.flow_date) END AS bucket,
    g."by",
    f.flow,
    f.customer_id,
    f.change
  FROM contract_flows AS f
  JOIN grouped AS g ON g.subscription_id = f.subscription_id
  WHERE f.flow_date <= :period_end
),
buckets AS (
  SELECT DISTINCT GRAIN_OF(day) AS bucket
  FROM UNNEST(SEQUENCE(:period_start, :period_end, INTERVAL '1' DAY)) AS t(day)
),
carried AS (
  SELECT "by", SUM(CASE WHEN bucket IS NULL THEN change ELSE 0 END) AS contracts
  FROM flows
  GROUP BY "by"
),
counted AS (
  SELECT
    b.bucket,
    c."by",
    c.contracts AS carried,
    COUNT_IF(f.flow = 'started') AS started,
    COUNT_IF(f.flow = 'resumed') AS resumed,
    COUNT_IF(f.flow = 'paused') AS paused,
    COUNT_IF(f.flow = 'cancelled') AS cancelled,
    COALESCE(SUM(f.change), 0) AS net
  FROM buckets AS b
  CROSS JOIN carried AS c
  LEFT JOIN flows AS f ON f.bucket = b.bucket AND f."by" = c."by"
  GROUP BY b.bucket, c."by", c.contracts
),
stocked AS (
  SELECT c.*, c.carried + SUM(c.net) OVER (PARTITION BY c."by" ORDER BY c.bucket ROWS UNBOUNDED PRECEDING) AS closing
  FROM counted AS c
),
ordered AS (
  SELECT p.subscription_id, p.purchase_date AS billed_date, p.amount
  FROM v_purchases AS p
  WHERE p.subscription_id IS NOT NULL
),
delivered AS (
  SELECT k.subscription_id, e.event_date, k.unit_price * COALESCE(k.quantity, 1) AS amount
  FROM contracts AS k
  JOIN subscription_events AS e ON e.subscription_id = k.subscription_id AND e.event_type = 'deliver'
  LEFT JOIN (SELECT DISTINCT subscription_id FROM ordered) AS o ON o.subscription_id = k.subscription_id
  WHERE o.subscription_id IS NULL
),
bills AS (
  SELECT GRAIN_OF(d.billed_date) AS bucket, g."by", SUM(d.amount) AS amount
  FROM (SELECT * FROM ordered UNION ALL SELECT * FROM delivered) AS d
  JOIN grouped AS g ON g.subscription_id = d.subscription_id
  WHERE d.billed_date BETWEEN :period_start AND :period_end
  GROUP BY GRAIN_OF(d.billed_date), g."by"
)
SELECT
  s.bucket,
  s."by",
  s.closing - s.net AS opening,
  s.started,
  s.resumed,
  s.paused,
  s.cancelled,
  s.closing,
  RATIO(s.cancelled, s.closing - s.net) AS churn,
  COALESCE(b.amount, 0) AS billed
FROM stocked AS s
LEFT JOIN bills AS b ON b.bucket = s.bucket AND b."by" = s."by"
ORDER BY s.bucket, s."by" = :unknown, s."by"
