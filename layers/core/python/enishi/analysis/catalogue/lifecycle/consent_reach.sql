/*
id: consent_reach
name: {ja: 許諾・リーチ分析, en: Permission and reach}
category: lifecycle
origin: extension
tier: core
question:
  ja: どのチャネルで何人に届くか。届く顧客は売上の何割を占めるか。
  en: "How many customers can we reach, by which channel, and what share of sales do they hold?"
method:
  ja: "基準日の顧客×チャネルの状態（許諾（opt_in）、有効な宛先あり、ブロックなし）から、すべての組合せの人数、直近12か月の売上に占める割合、当月の増減を示す。"
  en: "State per customer and channel as of the day (opt-in and valid address and not blocked); counts of every combination, share of 12-month sales, movement per month."
parameter_groups: [asof, base]
parameters:
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: nobody may write to those who left}
- {name: channels, type: list, default: "mail,line,push,sms,catalog", label_ja: チャネル, note: ""}
columns:
- {name: channel, type: enum, unit: none, label_ja: チャネル}
- {name: reachable, type: int, unit: people, label_ja: 配信可能}
- {name: share, type: ratio, unit: ratio, label_ja: 会員比}
- {name: sales_share, type: ratio, unit: ratio, label_ja: 売上構成比}
- {name: combination, type: string, unit: none, label_ja: 組合せ}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: gained, type: int, unit: people, label_ja: 当月獲得}
- {name: lost, type: int, unit: people, label_ja: 当月喪失}
charts:
- {kind: upset, source: combination, y: customers, where: {channel: null}}
- {kind: bar, x: channel, y: reachable, where: {combination: null}}
- {kind: table}
cells:
- {name: channel, keys: [channel], customers: reached, becomes: {ja: "そのチャネルで届く顧客", en: "customers who can be reached there"}}
- {name: combination, keys: [combination], customers: people, becomes: {ja: "その組合せの顧客。どこにも届かず購入している顧客は、店頭で許諾をお願いする", en: "customers; reachable nowhere but buying => ask in the store"}}
rules: [TZ, MERGE, WD, SCD, ATTR, SET]
notes:
- ja: "先にチャネルごとの行、次に組合せごとの行を並べる。顧客は、届くチャネルのすべてと、1つの組合せに入る。"
  en: "first a row a channel, then a row a combination; a customer is in every channel that reaches her and in one combination"
- ja: "配信可能：最後の意思表示が許諾（opt_in）で、そのチャネルの有効な宛先がある（メール：メールアドレス、LINE：LINE連携、プッシュ：アプリ、SMS：電話番号）。カタログは意思表示だけによる。"
  en: "reachable: the last word is opt_in, and a link to an address of the channel is valid (mail: email, line: line_uid, push: app_install, sms: phone); catalog follows the consent alone"
- ja: "当月獲得と当月喪失：前月末と基準日の間の増減。売上は直近12か月。"
  en: "gained and lost: between the end of the month before and the day; sales are those of the last 12 months"
*/
WITH reached AS (
  SELECT DISTINCT s.channel_label AS channel, s.customer_id
  FROM reach_spans AS s
  WHERE s.channel IN (:channels) AND s.from_date <= :as_of AND s.until_date > :as_of
),
reached_before AS (
  SELECT DISTINCT s.channel_label AS channel, s.customer_id
  FROM reach_spans AS s
  WHERE
    s.channel IN (:channels)
    AND s.from_date < DATE_TRUNC('month', :as_of)
    AND s.until_date >= DATE_TRUNC('month', :as_of)
),
channels AS (
  SELECT channel FROM reached
  UNION
  SELECT channel FROM reached_before
),
bought AS (
  SELECT p.customer_id, SUM(p.amount) AS amount
  FROM v_purchases AS p
  WHERE p.purchase_date > DATE_ADD('month', -12, :as_of)
  GROUP BY p.customer_id
),
people AS (
  SELECT
    c.customer_id,
    COALESCE(ARRAY_JOIN(r.channels, ' + '), 'どこにも届かない') AS combination,
    COALESCE(b.amount, 0) AS amount
  FROM population AS c
  LEFT JOIN (SELECT customer_id, ARRAY_AGG(channel ORDER BY channel) AS channels FROM reached GROUP BY customer_id) AS r
    ON r.customer_id = c.customer_id
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
everyone AS (
  SELECT COUNT(*) AS customers, SUM(amount) AS amount FROM people
),
moves AS (
  SELECT
    COALESCE(n.channel, b.channel) AS channel,
    COUNT_IF(b.customer_id IS NULL) AS gained,
    COUNT_IF(n.customer_id IS NULL) AS lost
  FROM reached AS n
  FULL JOIN reached_before AS b ON b.channel = n.channel AND b.customer_id = n.customer_id
  GROUP BY COALESCE(n.channel, b.channel)
),
by_channel AS (
  SELECT
    l.channel,
    COUNT(r.customer_id) AS reachable,
    COALESCE(SUM(p.amount), 0) AS amount
  FROM channels AS l
  LEFT JOIN reached AS r ON r.channel = l.channel
  LEFT JOIN people AS p ON p.customer_id = r.customer_id
  GROUP BY l.channel
),
by_combination AS (
  SELECT combination, COUNT(*) AS customers, SUM(amount) AS amount
  FROM people
  GROUP BY combination
),
listed AS (
  SELECT
    c.channel,
    c.reachable,
    RATIO(c.reachable, e.customers) AS share,
    RATIO(c.amount, e.amount) AS sales_share,
    CAST(NULL AS VARCHAR) AS combination,
    CAST(NULL AS BIGINT) AS customers,
    m.gained,
    m.lost,
    c.reachable AS size
  FROM by_channel AS c
  CROSS JOIN everyone AS e
  LEFT JOIN moves AS m ON m.channel = c.channel
  UNION ALL
  SELECT NULL, NULL, RATIO(k.customers, e.customers), RATIO(k.amount, e.amount), k.combination, k.customers, NULL, NULL,
    k.customers
  FROM by_combination AS k
  CROSS JOIN everyone AS e
)
SELECT channel, reachable, share, sales_share, combination, customers, gained, lost
FROM listed
ORDER BY
  CASE WHEN combination IS NULL THEN 0 ELSE 1 END,
  size DESC,
  sales_share DESC,
  channel,
  combination
