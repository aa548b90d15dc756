/*
id: line_friends
name: {ja: LINE友だち・ブロック分析, en: LINE friends and blocks}
category: campaign
origin: extension
tier: standard
question:
  ja: LINEの友だち・連携会員・ブロックはどう推移し、どこから来て、どれだけの価値があるか。
  en: "How do friends, linked members and blocks develop, from where do they come and what are they worth?"
method:
  ja: "期首の友だち＋友だち追加−ブロック＝有効友だち。あわせて連携率（line_uidが顧客に紐づく割合）、追加経路、配信後3日以内のブロック、追加前後の購入額を見る。"
  en: "Opening + added - blocked = closing; linked share (line_uid tied to a customer); source of addition; number of blocks within 3 days after a message; amount before and after adding."
parameter_groups: [period, base, pur, grain]
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: source, type: string, unit: none, label_ja: 追加経路}
- {name: opening, type: int, unit: people, label_ja: 期首の友だち}
- {name: added, type: int, unit: people, label_ja: 友だち追加}
- {name: blocked, type: int, unit: people, label_ja: ブロック}
- {name: blocked_after_message, type: int, unit: people, label_ja: うち配信後}
- {name: closing, type: int, unit: people, label_ja: 有効友だち}
- {name: linked, type: int, unit: people, label_ja: ID連携済}
- {name: linked_rate, type: ratio, unit: ratio, label_ja: 連携率}
- {name: amount_before, type: money, unit: JPY/person, label_ja: 追加前90日購入額}
- {name: amount_after, type: money, unit: JPY/person, label_ja: 追加後90日購入額}
charts:
- {kind: line, x: bucket, y: [closing, linked], where: {source: 合計}}
- {kind: stacked_bar, x: bucket, y: added, color: source, where: {source: {not: [合計]}}}
- {kind: table}
cells:
- {name: moved, keys: [bucket, source, move], types: {move: enum}, customers: moves, becomes: {ja: "その期間に友だち追加した会員（move=added）、または離れた会員（move=blocked）", en: "members who were added (move=added) or left (move=blocked) in a period"}}
- {name: state, keys: [state], types: {state: enum}, customers: members, becomes: {ja: "会員（基準日の状態別：連携済＝linked、未連携＝unlinked、ブロック＝blocked、友だちでない＝none）。友だちでない会員のうちの購入者は「チャンネル数UP」の対象", en: "members by their state at as_of: linked, unlinked, blocked, none; buyers among none are targets of チャンネル数UP"}}
rules: [TZ, MERGE, ATTR, CENSOR, DIV0, SET]
notes:
- ja: "友だちは、LINEの最新の許諾状態が許諾の顧客。期首の友だち＋友だち追加−ブロック＝有効友だちが成り立つのは「合計」の行。ブロックは、ブロックと配信停止。"
  en: "friends are customers whose last consent for LINE is opt_in; opening + added - blocked = closing in the rows 合計; blocked are blocks and opt-outs"
- ja: "追加経路の行は、その経路で追加した人と、その経路で追加した人の離脱。"
  en: "the rows of a source hold those who were added by it, and the losses of those whose addition it was"
- ja: "ID連携済は、期末に有効なline_uidを持つ友だち。顧客でない友だちはデータにないため、未連携はuidのわからない会員を指す。"
  en: "linked are friends with a valid line_uid at the period's end; friends who are not customers are not in the lake, so unlinked ones are members whose uid is not known"
- ja: "追加前・追加後は、追加の前後90日間。集計期間に追加し、基準日までに90日を過ぎた人について見る。自分で友だち追加した人のため、因果の効果ではない。"
  en: "before and after are the 90 days before and after the addition, of those added in the period whose 90 days have passed by as_of; they chose to add us, so it is no causal figure"
needs: [consents]
*/
WITH states AS (
  SELECT
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    s.state,
    s.source,
    s.changed_at,
    s.changed_date,
    LAG(s.state) OVER (
      PARTITION BY COALESCE(i.person_id, s.customer_id) ORDER BY s.changed_at, s.state
    ) AS before_state,
    ROW_NUMBER() OVER (
      PARTITION BY COALESCE(i.person_id, s.customer_id) ORDER BY s.changed_at DESC, s.state DESC
    ) AS place
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, s.customer_id)
  WHERE s.channel = 'line' AND s.changed_date <= :as_of
),
changes AS (
  SELECT
    s.customer_id,
    s.changed_at,
    s.changed_date,
    CASE WHEN s.state = 'opt_in' THEN 'added' ELSE 'blocked' END AS move,
    s.source
  FROM states AS s
  WHERE (s.state = 'opt_in') <> (COALESCE(s.before_state, '') = 'opt_in')
),
-- A loss belongs to the source of the addition before it.
sourced AS (
  SELECT
    c.*,
    CASE
      WHEN c.move = 'added' THEN COALESCE(c.source, :unknown)
      ELSE COALESCE(LAG(c.source) OVER (PARTITION BY c.customer_id ORDER BY c.changed_at), :unknown)
    END AS origin
  FROM changes AS c
),
moves AS (
  SELECT
    GRAIN_OF(s.changed_date) AS bucket,
    s.origin AS source,
    s.move,
    s.customer_id,
    s.changed_at,
    s.changed_date
  FROM sourced AS s
  WHERE s.changed_date BETWEEN :period_start AND :period_end
),
after_messages AS (
  SELECT DISTINCT m.customer_id, m.changed_at
  FROM moves AS m
  JOIN v_touches AS t ON t.customer_id = m.customer_id
  WHERE
    m.move = 'blocked'
    AND t.channel = 'line'
    AND NOT t.is_control
    AND t.sent_at <= m.changed_at
    AND t.sent_at > DATE_ADD('day', -3, m.changed_at)
),
worth AS (
  SELECT
    m.customer_id,
    m.changed_at,
    COALESCE(SUM(CASE WHEN p.purchase_date < m.changed_date THEN p.amount END), 0) AS amount_before,
    COALESCE(SUM(CASE WHEN p.purchase_date >= m.changed_date THEN p.amount END), 0) AS amount_after
  FROM moves AS m
  LEFT JOIN purchases AS p
    ON p.customer_id = m.customer_id
    AND p.purchase_date >= DATE_ADD('day', -90, m.changed_date)
    AND p.purchase_date < DATE_ADD('day', 90, m.changed_date)
  WHERE m.move = 'added' AND DATE_ADD('day', 89, m.changed_date) <= :as_of
  GROUP BY m.customer_id, m.changed_at
),
counted AS (
  SELECT
    m.bucket,
    CASE WHEN GROUPING(m.source) = 1 THEN :total ELSE m.source END AS source,
    COUNT_IF(m.move = 'added') AS added,
    COUNT_IF(m.move = 'blocked') AS blocked,
    COUNT(a.customer_id) AS blocked_after_message,
    AVG(CAST(w.amount_before AS DOUBLE)) AS amount_before,
    AVG(CAST(w.amount_after AS DOUBLE)) AS amount_after
  FROM moves AS m
  LEFT JOIN after_messages AS a ON a.customer_id = m.customer_id AND a.changed_at = m.changed_at
  LEFT JOIN worth AS w ON w.customer_id = m.customer_id AND w.changed_at = m.changed_at
  GROUP BY GROUPING SETS ((m.bucket, m.source), (m.bucket))
),
earlier AS (
  SELECT COUNT_IF(move = 'added') - COUNT_IF(move = 'blocked') AS friends
  FROM changes
  WHERE changed_date < :period_start
),
balances AS (
  SELECT
    c.bucket,
    e.friends + SUM(c.added - c.blocked) OVER (
      ORDER BY c.bucket ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS closing
  FROM counted AS c
  CROSS JOIN earlier AS e
  WHERE c.source = :total
),
ends AS (
  SELECT
    bucket,
    LEAST(
      CASE :grain
        WHEN 'day' THEN DATE_ADD('day', 1, bucket)
        WHEN 'week' THEN DATE_ADD('day', 7, bucket)
        WHEN 'month' THEN DATE_ADD('month', 1, bucket)
        WHEN 'quarter' THEN DATE_ADD('month', 3, bucket)
        ELSE DATE_ADD('year', 1, bucket)
      END,
      DATE_ADD('day', 1, LEAST(:period_end, :as_of))
    ) AS next_day
  FROM balances
),
uids AS (
  SELECT
    COALESCE(i.person_id, u.customer_id) AS customer_id,
    LOCAL_DAY(u.valid_from) AS from_day,
    LOCAL_DAY(u.valid_to) AS to_day
  FROM identities AS u
  LEFT JOIN v_identity AS i ON i.customer_id = u.customer_id
  WHERE u.id_type = 'line_uid'
),
friends_at_end AS (
  SELECT n.bucket, n.next_day, c.customer_id
  FROM ends AS n
  JOIN changes AS c ON c.changed_date < n.next_day
  GROUP BY n.bucket, n.next_day, c.customer_id
  HAVING MAX_BY(c.move, c.changed_at) = 'added'
),
linked AS (
  SELECT f.bucket, COUNT(DISTINCT f.customer_id) AS linked
  FROM friends_at_end AS f
  JOIN uids AS u
    ON u.customer_id = f.customer_id AND u.from_day < f.next_day AND (u.to_day IS NULL OR u.to_day >= f.next_day)
  GROUP BY f.bucket
),
members AS (
  SELECT
    c.customer_id,
    CASE
      WHEN s.customer_id IS NULL THEN 'none'
      WHEN s.state <> 'opt_in' THEN 'blocked'
      WHEN EXISTS (
        SELECT 1
        FROM uids AS u
        WHERE u.customer_id = c.customer_id AND u.from_day <= :as_of AND (u.to_day IS NULL OR u.to_day > :as_of)
      ) THEN 'linked'
      ELSE 'unlinked'
    END AS state
  FROM population AS c
  LEFT JOIN states AS s ON s.customer_id = c.customer_id AND s.place = 1
)
SELECT
  c.bucket,
  c.source,
  CASE WHEN c.source = :total THEN b.closing - c.added + c.blocked END AS opening,
  c.added,
  c.blocked,
  c.blocked_after_message,
  CASE WHEN c.source = :total THEN b.closing END AS closing,
  CASE WHEN c.source = :total THEN COALESCE(l.linked, 0) END AS linked,
  CASE WHEN c.source = :total THEN RATIO(COALESCE(l.linked, 0), b.closing) END AS linked_rate,
  CAST(c.amount_before AS DECIMAL(18, 2)) AS amount_before,
  CAST(c.amount_after AS DECIMAL(18, 2)) AS amount_after
FROM counted AS c
JOIN balances AS b ON b.bucket = c.bucket
LEFT JOIN linked AS l ON l.bucket = c.bucket
ORDER BY c.bucket, CASE c.source WHEN :total THEN 0 WHEN :unknown THEN 2 ELSE 1 END, c.source
