/*
id: point_breakage
name: {ja: ポイント失効率分析(ブレイケージ), en: Point breakage}
category: loyalty
origin: extension
tier: advanced
question:
  ja: 付与したポイントのうち、最後まで使われない割合はどれだけか。
  en: What share of granted points will never be used?
method:
  ja: "付与月ごとに、付与、利用、失効、残高を示す。最終利用率は、経過月による連鎖比率法（chain ladder）で求める。失効率 = 1 - 最終利用率。"
  en: "By month of grant (vintage): granted, used, expired, open; ultimate use rate by chain ladder on elapsed months; breakage = 1 - ultimate use."
parameter_groups: [asof, base]
parameters:
- {name: months, type: int, default: 36, minimum: 1, maximum: 240, label_ja: 付与月の数, note: "months of grant up to that of as_of"}
- {name: by, type: "enum(all,rank,entry_type,campaign)", default: all, label_ja: 区分, note: "rank: on the day of the grant; each value has a ladder of its own"}
columns:
- {name: by_value, type: string, unit: none, label_ja: 区分}
- {name: vintage, type: month, unit: months, label_ja: 付与月}
- {name: granted, type: int, unit: points, label_ja: 付与}
- {name: used, type: int, unit: points, label_ja: 利用}
- {name: expired, type: int, unit: points, label_ja: 失効}
- {name: open, type: int, unit: points, label_ja: 残高}
- {name: use_rate, type: ratio, unit: ratio, label_ja: 利用率}
- {name: ultimate_use, type: ratio, unit: ratio, label_ja: 最終利用率}
- {name: breakage, type: ratio, unit: ratio, label_ja: 失効率}
charts:
- {kind: line, x: vintage, y: breakage, color: by_value}
- {kind: heatmap, x: vintage, y: by_value, color: ultimate_use}
- {kind: table}
cells:
- {name: holders, keys: [by_value, vintage, open_points], types: {open_points: int}, customers: holders, becomes: {ja: "その付与月の残高を持つ顧客。持っているポイント数（open_points）で選ぶ", en: "holders of open points of that month of grant, by how many they hold (open_points)"}}
rules: [TZ, FIFO, CENSOR, MERGE, DIV0, SET]
notes:
- ja: "ロットに返還されたポイントは、その付与月の「利用」を減らす。"
  en: "points refunded to a lot reduce 'used' of that vintage"
- ja: "数値はマーケティング用で、会計では別の規則が必要なことがある。"
  en: "figures are for marketing; accounting may need its own rules"
- ja: "最終利用可能日を過ぎたロットのポイントは、記帳の有無にかかわらず失効とする。最終利用可能日の当日は、まだ残高に数える。"
  en: "points of a lot whose last day has passed are expired, whether or not that is posted; the last usable day still counts as open"
- ja: "連鎖比率法：経過月から次の経過月へ、そこまで観察できる付与月の利用を合わせて比率とする。当月は終わるまで使わない。"
  en: "chain ladder: from each elapsed month to the next, what the vintages that are seen so far used by then, together; the current month is left out until it is over"
- ja: "最終利用率は、利用済みの割合以上、利用済みと残高を合わせた割合以下とする。丸1か月が過ぎていない付与月と、残高があり起点となる利用がない付与月では空欄。"
  en: "ultimate_use is at least what is used and at most what is used and open; null while a vintage has no whole month, or has open points and no use to start from"
- ja: "いずれかの付与月で観察できた最後の経過月よりあとは、利用が増えないと仮定する。その付与月に残高がある間、失効率は上限の値になる。"
  en: "after the last elapsed month that any vintage has seen nothing more is expected to be used: while that one still has open points, breakage is an upper limit"
standard: "Breakage = 1 - redemption rate; chain-ladder idea as in Gault, Llaguno and Menard, Loyalty Rewards and Gift Card Programs."
step: chain_ladder
*/
WITH entries AS (
  SELECT
    COALESCE(i.person_id, p.customer_id) AS customer_id,
    p.entry_id,
    p.entry_type,
    COALESCE(p.lot_id, CASE WHEN p.points > 0 THEN p.entry_id END) AS lot_id,
    p.points,
    p.posted_at,
    p.posted_date,
    p.campaign_id
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
),
known_lots AS (
  SELECT
    l.customer_id,
    l.lot_id,
    l.earned_at,
    l.earned_date,
    COALESCE(l.expires_date, DATE '9999-12-31') AS expires_date,
    l.earned,
    l.used,
    l.expired + CASE WHEN l.expires_date < :as_of THEN l.remaining ELSE 0 END AS expired,
    CASE WHEN l.expires_date < :as_of THEN 0 ELSE l.remaining END AS open_points
  FROM v_point_lots AS l
),
-- Uses that name their lot, and refunds to it, which undo them.
named_uses AS (
  SELECT e.customer_id, e.lot_id, e.posted_date, -e.points AS points
  FROM entries AS e
  JOIN known_lots AS l ON l.customer_id = e.customer_id AND l.lot_id = e.lot_id
  WHERE
    (e.points < 0 AND e.entry_type <> 'expire')
    OR (e.points > 0 AND e.entry_type = 'refund' AND e.entry_id <> e.lot_id)
),
-- Uses that name none, as a queue of points a customer …
loose_uses AS (
  SELECT
    e.customer_id,
    e.posted_date,
    -e.points AS points,
    SUM(-e.points) OVER (PARTITION BY e.customer_id ORDER BY e.posted_at, e.entry_id) AS last_point
  FROM entries AS e
  LEFT JOIN known_lots AS l ON l.customer_id = e.customer_id AND l.lot_id = e.lot_id
  WHERE e.points < 0 AND e.entry_type <> 'expire' AND l.lot_id IS NULL
),
-- … and what each lot gave to them (v_point_lots, rule FIFO), as a queue in the same order.
loose_shares AS (
  SELECT
    l.customer_id,
    l.lot_id,
    l.used - COALESCE(u.points, 0) AS points,
    SUM(l.used - COALESCE(u.points, 0)) OVER (
      PARTITION BY l.customer_id ORDER BY l.expires_date, l.earned_at, l.lot_id
    ) AS last_point
  FROM known_lots AS l
  LEFT JOIN (SELECT customer_id, lot_id, SUM(points) AS points FROM named_uses GROUP BY customer_id, lot_id) AS u
    ON u.customer_id = l.customer_id AND u.lot_id = l.lot_id
),
uses AS (
  SELECT customer_id, lot_id, posted_date, points FROM named_uses
  UNION ALL
  SELECT
    s.customer_id,
    s.lot_id,
    q.posted_date,
    LEAST(s.last_point, q.last_point) - GREATEST(s.last_point - s.points, q.last_point - q.points)
  FROM loose_shares AS s
  JOIN loose_uses AS q
    ON q.customer_id = s.customer_id
    AND q.last_point - q.points < s.last_point
    AND q.last_point > s.last_point - s.points
  WHERE s.points > 0
),
origins AS (
  SELECT
    customer_id,
    lot_id,
    MIN_BY(entry_type, ROW(posted_at, entry_id)) AS entry_type,
    MIN_BY(campaign_id, ROW(posted_at, entry_id)) AS campaign_id
  FROM entries
  WHERE points > 0
  GROUP BY customer_id, lot_id
),
grants AS (
  SELECT
    CASE :by
      WHEN 'rank' THEN COALESCE(r.rank, :unknown)
      WHEN 'entry_type' THEN
        CASE o.entry_type
          WHEN 'earn' THEN '購入付与'
          WHEN 'bonus' THEN 'ボーナス'
          WHEN 'adjust' THEN '調整'
          WHEN 'refund' THEN '返還'
          WHEN 'transfer' THEN '移行'
          ELSE COALESCE(o.entry_type, :unknown)
        END
      WHEN 'campaign' THEN COALESCE(n.campaign, o.campaign_id, '施策なし')
      ELSE :total
    END AS by_value,
    DATE_TRUNC('month', l.earned_date) AS vintage,
    l.customer_id,
    l.lot_id,
    l.earned,
    l.used,
    l.expired,
    l.open_points
  FROM known_lots AS l
  JOIN population AS c ON c.customer_id = l.customer_id
  JOIN origins AS o ON o.customer_id = l.customer_id AND o.lot_id = l.lot_id
  LEFT JOIN rank_spans AS r
    ON :by = 'rank' AND r.customer_id = l.customer_id AND l.earned_date BETWEEN r.valid_from AND r.valid_to
  LEFT JOIN campaign_labels AS n ON n.campaign_id = o.campaign_id
  WHERE l.earned_date >= DATE_TRUNC('month', DATE_ADD('month', 1 - :months, :as_of))
),
holders AS (
  SELECT by_value, vintage, customer_id, SUM(open_points) AS open_points
  FROM grants
  WHERE open_points > 0
  GROUP BY by_value, vintage, customer_id
),
vintages AS (
  SELECT
    by_value,
    vintage,
    SUM(earned) AS granted,
    SUM(used) AS used,
    SUM(expired) AS expired,
    SUM(open_points) AS open,
    DATE_DIFF('month', vintage, DATE_TRUNC('month', DATE_ADD('day', 1, :as_of))) - 1 AS seen_to
  FROM grants
  GROUP BY by_value, vintage
),
increments AS (
  SELECT
    g.by_value,
    g.vintage,
    GREATEST(DATE_DIFF('month', g.vintage, DATE_TRUNC('month', u.posted_date)), 0) AS elapsed,
    SUM(u.points) AS points
  FROM grants AS g
  JOIN uses AS u ON u.customer_id = g.customer_id AND u.lot_id = g.lot_id
  GROUP BY g.by_value, g.vintage, GREATEST(DATE_DIFF('month', g.vintage, DATE_TRUNC('month', u.posted_date)), 0)
)
SELECT v.by_value, v.vintage, v.granted, v.used, v.expired, v.open, v.seen_to, i.elapsed, i.points
FROM vintages AS v
LEFT JOIN increments AS i ON i.by_value = v.by_value AND i.vintage = v.vintage
ORDER BY v.by_value = :unknown, v.by_value, v.vintage, i.elapsed
