/*
id: point_expiry_forecast
name: {ja: ポイント失効予定分析, en: Points about to expire}
category: loyalty
origin: extension
tier: core
question:
  ja: いつ、誰が、何ポイントを失うか（ポイント失効前通知シナリオの対象は誰か）。
  en: Who loses how many points on which day? (ポイント失効前通知シナリオ)
method:
  ja: "FIFOで充当したあとのロットの残りポイントを、失効日ごとに示す。顧客は、失効日ごとに失うポイント数を合計する。利用見込率は、過去の似たロットの率による。"
  en: "Remaining points per lot by expiry date after FIFO; per customer the points that each day takes; expected use from the past rate of similar lots."
parameter_groups: [asof, base]
parameters:
- {name: horizon_days, type: int, default: 90, minimum: 1, label_ja: 何日先まで, note: ""}
- {name: min_points, type: int, default: 100, minimum: 1, label_ja: 対象とする最小ポイント, note: what a customer loses on one day}
- {name: notice_days, type: list(int), default: "30,7,1", label_ja: 通知する残日数, note: "lots are alike when the same notices are still ahead of them"}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: "true for lists (rule WD)"}
columns:
- {name: expires_date, type: date, unit: date, label_ja: 失効日}
- {name: customers, type: int, unit: people, label_ja: 対象者数}
- {name: points, type: int, unit: points, label_ja: 失効予定ポイント}
- {name: avg_points, type: double, unit: points, label_ja: 平均}
- {name: expected_use, type: ratio, unit: ratio, label_ja: 利用見込率}
- {name: reachable, type: int, unit: people, label_ja: 配信可能者数}
charts:
- {kind: calendar_heatmap, x: expires_date, color: points}
- {kind: bar, x: expires_date, y: points}
- {kind: table}
cells:
- {name: day, keys: [expires_date, customer_points], types: {customer_points: int}, customers: losing, becomes: {ja: "通知すべき顧客。失効日と、その日に失うポイント数で選ぶ", en: "customers to notify, by the day and by what they lose on it"}}
rules: [TZ, FIFO, MERGE, WD, SET]
notes:
- ja: "失効日は最終利用可能日。ポイントは翌日の0時（日本時間）に失われるため、基準日に期限の切れるものは含まない。"
  en: "expires_date is the last usable day; the points are lost at 00:00 Asia/Tokyo of the day after, so what ends on as_of itself is no more in the answer"
- ja: "利用見込率：直近12か月のロットが、失効の同じ日数前（30日、7日、1日。次に大きい通知の日数）にまだ残していたポイントのうち、失効までに使われた割合（失効までのロットへの返還を差し引く）。ロットの記録のない利用は含まない。"
  en: "expected_use: of the points that lots of the last 12 months still held as many days before their end (30, 7, 1: the next larger notice day), the share that was used until then, less what was refunded to them by then; uses that name no lot are not in it"
- ja: "配信可能＝送信するチャネルの1つ以上に許諾がある（カタログと電話は含まない）。"
  en: "reachable = an opt-in on at least one channel that sends (catalog and phone are none)"
*/
WITH losing AS (
  SELECT l.expires_date, l.customer_id, SUM(l.remaining) AS customer_points
  FROM v_point_lots AS l
  JOIN population AS c ON c.customer_id = l.customer_id
  WHERE
    l.remaining > 0
    AND l.expires_date > :as_of
    AND l.expires_date <= DATE_ADD('day', :horizon_days, :as_of)
  GROUP BY l.expires_date, l.customer_id
  HAVING SUM(l.remaining) >= :min_points
),
stages AS (
  SELECT DISTINCT days_left
  FROM (
    SELECT days_left FROM UNNEST(:notice_days) AS t(days_left) WHERE days_left < :horizon_days
    UNION ALL
    SELECT :horizon_days
  ) AS s
),
ended AS (
  SELECT l.customer_id, l.lot_id, l.expires_date, l.earned
  FROM v_point_lots AS l
  JOIN population AS c ON c.customer_id = l.customer_id
  WHERE l.expires_date <= :as_of AND l.expires_date > DATE_ADD('month', -12, :as_of)
),
-- What left a lot, and as less than zero what was refunded to it.
taken AS (
  SELECT COALESCE(i.person_id, p.customer_id) AS customer_id, p.lot_id, p.posted_date, p.entry_type, -p.points AS points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  WHERE p.lot_id <> p.entry_id AND (p.points < 0 OR p.entry_type = 'refund')
),
-- Each ended lot as it stood that many days before its end: what it held, and what was used of it from then on.
looked_back AS (
  SELECT
    s.days_left,
    e.customer_id,
    e.lot_id,
    e.earned
      - COALESCE(SUM(CASE WHEN t.posted_date <= DATE_ADD('day', -s.days_left, e.expires_date) THEN t.points END), 0)
      AS open_points,
    COALESCE(
      SUM(
        CASE
          WHEN t.entry_type IN ('use', 'refund') AND t.posted_date > DATE_ADD('day', -s.days_left, e.expires_date)
            THEN t.points
        END
      ),
      0
    ) AS used
  FROM ended AS e
  CROSS JOIN stages AS s
  LEFT JOIN taken AS t
    ON t.customer_id = e.customer_id
    AND t.lot_id = e.lot_id
    AND (t.entry_type <> 'refund' OR t.posted_date <= e.expires_date)
  GROUP BY s.days_left, e.customer_id, e.lot_id, e.earned
),
expected AS (
  SELECT days_left, RATIO(SUM(used), SUM(open_points)) AS use_rate
  FROM looked_back
  WHERE open_points > 0
  GROUP BY days_left
),
opted AS (
  SELECT
    COALESCE(i.person_id, n.customer_id) AS customer_id,
    MAX_BY(n.state, ROW(n.changed_at, n.state)) AS state
  FROM consents AS n
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  WHERE n.channel NOT IN ('catalog', 'phone') AND n.changed_date <= :as_of
  GROUP BY COALESCE(i.person_id, n.customer_id), n.channel
),
reachable AS (
  SELECT DISTINCT customer_id FROM opted WHERE state = 'opt_in'
),
days AS (
  SELECT
    l.expires_date,
    COUNT(*) AS customers,
    SUM(l.customer_points) AS points,
    COUNT(r.customer_id) AS reachable
  FROM losing AS l
  LEFT JOIN reachable AS r ON r.customer_id = l.customer_id
  GROUP BY l.expires_date
),
staged AS (
  SELECT d.expires_date, MIN(s.days_left) AS days_left
  FROM days AS d
  JOIN stages AS s ON s.days_left >= DATE_DIFF('day', :as_of, d.expires_date)
  GROUP BY d.expires_date
)
SELECT
  d.expires_date,
  d.customers,
  d.points,
  RATIO(d.points, d.customers) AS avg_points,
  e.use_rate AS expected_use,
  d.reachable
FROM days AS d
JOIN staged AS s ON s.expires_date = d.expires_date
LEFT JOIN expected AS e ON e.days_left = s.days_left
ORDER BY d.expires_date
