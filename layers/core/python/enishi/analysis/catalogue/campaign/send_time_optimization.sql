/*
id: send_time_optimization
name: {ja: 最適配信時間帯分析, en: Best hour to send}
category: campaign
origin: extension
tier: core
question:
  ja: 何曜日の何時に送ると反応が良いか。一人ひとりの最適な時間帯はいつか。
  en: "At which weekday and hour do messages work best, in general and for each customer?"
method:
  ja: "配信の時間帯×曜日別の、24時間以内のクリックと購入。顧客ごとには、クリック・訪問・購入の平滑化した割合（全体の傾向に寄せる）が最も高い時間帯を選ぶ。"
  en: "Click and conversion within 24 hours by send hour x weekday; per customer the hour block with the highest smoothed share of clicks, visits and purchases (shrunk to everybody's pattern)."
parameter_groups: [period, base, pur, msg]
parameters:
- {name: hour_block, type: int, default: 2, minimum: 1, maximum: 12, label_ja: 時間帯の幅(時間), note: ""}
- {name: k, type: double, default: 5, minimum: 0, label_ja: 全体傾向の重み, note: "reactions that everybody's pattern counts for"}
- {name: fallback_hour, type: int, default: 20, minimum: 0, maximum: 23, label_ja: 手がかりがない時の時刻, note: ""}
- {name: quiet_from, type: int, default: 21, minimum: 0, maximum: 23, label_ja: 配信しない時間(から), note: ""}
- {name: quiet_to, type: int, default: 8, minimum: 0, maximum: 23, label_ja: 配信しない時間(まで), note: ""}
- {name: min_cell, type: int, default: 30, label_ja: 参考値とする母数, note: "messages under which low_n is set"}
columns:
- {name: dow, type: int, unit: none, label_ja: 曜日}
- {name: hour, type: int, unit: hours, label_ja: 時}
- {name: messages, type: int, unit: messages, label_ja: 配信数}
- {name: click_rate, type: ratio, unit: ratio, label_ja: クリック率}
- {name: cvr_24h, type: ratio, unit: ratio, label_ja: 24時間CVR}
- {name: reaction_median, type: double, unit: hours, label_ja: 反応時間中央値}
- {name: best_block, type: string, unit: none, label_ja: 推奨時間帯}
- {name: customers, type: int, unit: people, label_ja: 該当人数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: hour, y: dow, color: click_rate, where: {dow: {min: 1, max: 7}}, options: {words: {dow: [月, 火, 水, 木, 金, 土, 日]}}}
- {kind: bar, title_ja: 推奨時間帯の人数, x: hour, y: customers, where: {dow: 0}}
- {kind: table}
cells:
- {name: best_block, keys: [best_block], customers: best, becomes: {ja: "この時間帯に送るべき顧客", en: "customers to be mailed in this block"}}
- {name: sent_then, keys: [dow, hour, is_clicked], types: {is_clicked: bool}, customers: mailed, becomes: {ja: "この曜日・時間帯に送った顧客（24時間以内にクリックしたかどうか別）", en: "customers who were mailed at this time, by whether they clicked within 24 hours"}}
rules: [TZ, DEDUP, MPP, BOT, MERGE, SMALL, SET]
notes:
- ja: "試していない時間帯には手がかりがない。その旨を示す。学習のために配信の5%を無作為に散らしてもよい。"
  en: "hours never tried give no evidence; they are marked, and 5% of sends may be spread at random to learn"
- ja: "曜日は1が月曜、7が日曜。0は全曜日の合計で、試していない時間帯（配信数0）も含むすべての時間帯と、それを推奨時間帯とする顧客を示す。"
  en: "dow 1 is Monday and 7 Sunday; dow 0 is all days together, with every block of the day, also those never tried (no messages), and the customers whose best block it is"
- ja: "顧客の反応は、集計期間の人によるクリック、訪問、購入をその時刻で数えたもの。時間帯の割合は全体の傾向で平滑化し（「全体傾向の重み」）、同点なら早い時間帯とする。"
  en: "a customer's reactions are human clicks, visits and purchases of the period by their hour; the share of a block is smoothed with everybody's pattern (k), ties go to the earlier block"
- ja: "配信しない時間に当たる推奨時間帯は、最も近い配信可能な時間へ移す。反応のない顧客は全体の推奨時間帯とし、誰も反応していなければ「手がかりがない時の時刻」とする。"
  en: "a best block in the quiet hours is moved to the nearest allowed hour; customers without any reaction take everybody's best block, fallback_hour where nobody reacted"
- ja: "クリック率は到達数に対する24時間以内のクリックの割合。24時間CVRは、24時間以内に顧客が購入した配信の、配信数に対する割合。"
  en: "click_rate is clicks within 24 hours over delivered, cvr_24h messages whose customer bought within 24 hours over sent"
*/
WITH mailed AS (
  SELECT
    t.customer_id,
    t.message_id,
    DAY_OF_WEEK(LOCAL_DAY(t.sent_at)) AS dow,
    HOUR(LOCAL_TIME(t.sent_at)) / :hour_block * :hour_block AS hour,
    t.sent_at,
    t.delivered_at IS NOT NULL AS is_delivered,
    COALESCE(t.clicked_at <= DATE_ADD('hour', 24, t.sent_at), FALSE) AS is_clicked,
    CAST(DATE_DIFF('minute', t.sent_at, t.clicked_at) AS DOUBLE) / 60 AS reaction_hours
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end
),
bought AS (
  SELECT DISTINCT m.message_id
  FROM mailed AS m
  JOIN purchases AS p ON p.customer_id = m.customer_id
  WHERE p.purchase_at > m.sent_at AND p.purchase_at <= DATE_ADD('hour', 24, m.sent_at)
),
by_time AS (
  SELECT
    CASE WHEN GROUPING(m.dow) = 1 THEN 0 ELSE m.dow END AS dow,
    m.hour,
    COUNT(*) AS messages,
    RATIO(COUNT_IF(m.is_clicked AND m.is_delivered), COUNT_IF(m.is_delivered)) AS click_rate,
    RATIO(COUNT(b.message_id), COUNT(*)) AS cvr_24h,
    QUANTILE_OF(m.reaction_hours, 0.5) AS reaction_median
  FROM mailed AS m
  LEFT JOIN bought AS b ON b.message_id = m.message_id
  GROUP BY GROUPING SETS ((m.dow, m.hour), (m.hour))
),
reactions AS (
  SELECT v.customer_id, e.event_at AS reacted_at
  FROM v_touches AS v
  JOIN message_events AS e ON e.message_id = v.message_id
  WHERE
    NOT v.is_control
    AND e.event_type = 'click'
    AND NOT COALESCE(e.is_machine, FALSE)
    AND e.event_date BETWEEN :period_start AND :period_end
  UNION ALL
  SELECT s.customer_id, s.started_at
  FROM v_sessions AS s
  WHERE s.customer_id IS NOT NULL AND s.session_date BETWEEN :period_start AND :period_end
  UNION ALL
  SELECT p.customer_id, p.purchase_at
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
),
reacted AS (
  SELECT r.customer_id, HOUR(LOCAL_TIME(r.reacted_at)) / :hour_block * :hour_block AS hour, COUNT(*) AS reactions
  FROM reactions AS r
  JOIN population AS c ON c.customer_id = r.customer_id
  GROUP BY r.customer_id, HOUR(LOCAL_TIME(r.reacted_at)) / :hour_block * :hour_block
),
pattern AS (
  SELECT hour, RATIO(SUM(reactions), SUM(SUM(reactions)) OVER ()) AS share
  FROM reacted
  GROUP BY hour
),
usual AS (
  SELECT COALESCE(MAX_BY(hour, ROW(share, -hour)), :fallback_hour / :hour_block * :hour_block) AS hour
  FROM pattern
),
-- A block without own reactions can only win by everybody's pattern, and then it is the usual one.
candidates AS (
  SELECT customer_id, hour, reactions FROM reacted
  UNION ALL
  SELECT DISTINCT r.customer_id, u.hour, 0
  FROM reacted AS r
  CROSS JOIN usual AS u
),
scored AS (
  SELECT c.customer_id, c.hour, CAST(SUM(c.reactions) AS DOUBLE) + :k * MAX(p.share) AS score
  FROM candidates AS c
  JOIN pattern AS p ON p.hour = c.hour
  GROUP BY c.customer_id, c.hour
),
own AS (
  SELECT customer_id, MAX_BY(hour, ROW(score, -hour)) AS hour
  FROM scored
  GROUP BY customer_id
),
hours AS (
  SELECT
    k * :hour_block AS hour,
    CASE
      WHEN :quiet_from > :quiet_to THEN k * :hour_block >= :quiet_from OR k * :hour_block < :quiet_to
      ELSE k * :hour_block >= :quiet_from AND k * :hour_block < :quiet_to
    END AS is_quiet,
    (:quiet_to + :hour_block - 1) / :hour_block * :hour_block % 24 AS first_allowed,
    (:quiet_from + 23) % 24 / :hour_block * :hour_block AS last_allowed
  FROM UNNEST(SEQUENCE(0, 23 / :hour_block)) AS t(k)
),
allowed AS (
  SELECT
    hour,
    CASE
      WHEN NOT is_quiet THEN hour
      WHEN (first_allowed - hour + 24) % 24 <= (hour - last_allowed + 24) % 24 THEN first_allowed
      ELSE last_allowed
    END AS allowed_hour
  FROM hours
),
best AS (
  SELECT
    c.customer_id,
    a.allowed_hour AS hour,
    LPAD(CAST(a.allowed_hour AS VARCHAR), 2, '0')
      || '-' || LPAD(CAST(a.allowed_hour + :hour_block AS VARCHAR), 2, '0') AS best_block
  FROM population AS c
  CROSS JOIN usual AS u
  LEFT JOIN own AS o ON o.customer_id = c.customer_id
  JOIN allowed AS a ON a.hour = COALESCE(o.hour, u.hour)
),
best_blocks AS (
  SELECT hour, best_block, COUNT(*) AS customers
  FROM best
  GROUP BY hour, best_block
),
listed AS (
  SELECT dow, hour FROM by_time WHERE dow > 0
  UNION
  SELECT 0, hour FROM hours WHERE (SELECT COUNT(*) FROM population) > 0
)
SELECT
  l.dow,
  l.hour,
  COALESCE(t.messages, 0) AS messages,
  t.click_rate,
  t.cvr_24h,
  t.reaction_median,
  b.best_block,
  CASE WHEN l.dow = 0 THEN COALESCE(b.customers, 0) END AS customers,
  COALESCE(t.messages, 0) < :min_cell AS low_n
FROM listed AS l
LEFT JOIN by_time AS t ON t.dow = l.dow AND t.hour = l.hour
LEFT JOIN best_blocks AS b ON l.dow = 0 AND b.hour = l.hour
ORDER BY l.dow, l.hour, b.best_block
