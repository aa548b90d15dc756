/*
id: channel_count_value
name: {ja: 保有チャネル数別LTV分析, en: Value by number of channels}
category: lifecycle
origin: extension
tier: standard
question:
  ja: 許諾チャネルの多い顧客ほど価値が高いか。チャネルがひとつ増えると購入はどれだけ増えるか。
  en: "Are customers with more permitted channels worth more, and what does one more channel add?"
method:
  ja: "許諾チャネル数ごとの顧客の、1人あたり購入額と継続率を示す。期間中にチャネルを追加した顧客の前後を、追加していない似た顧客と比べる。"
  en: "Customers by number of permitted channels: amount per customer and retention; before/after of those who added one in the period against matched customers who did not."
parameter_groups: [period, base, pur, stat]
parameters:
- {name: follow_days, type: int, default: 180, minimum: 1, label_ja: 前後を比べる日数, note: "before the addition, and from it on"}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: nobody may write to those who left}
columns:
- {name: channels, type: int, unit: count, label_ja: チャネル数}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: retention, type: ratio, unit: ratio, label_ja: 継続率}
- {name: added_channel, type: enum, unit: none, label_ja: 追加チャネル}
- {name: adders, type: int, unit: people, label_ja: 追加者数}
- {name: change, type: money, unit: JPY/person, label_ja: 増減}
- {name: matched_change, type: money, unit: JPY/person, label_ja: 比較群増減}
- {name: effect, type: money, unit: JPY/person, label_ja: 差}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, title_ja: チャネル数別の1人あたり購入額, x: channels, y: amount_per_customer, where: {added_channel: null}}
- {kind: bar, title_ja: チャネル追加の効果, x: added_channel, y: effect, where: {channels: null}}
- {kind: table}
cells:
- {name: channels, keys: [channels], customers: people, becomes: {ja: "そのチャネル数の顧客（チャンネル数UPシナリオの対象）", en: "customers for チャンネル数UPシナリオ"}}
- {name: added, keys: [added_channel], customers: additions, becomes: {ja: "期間中にそのチャネルを追加した顧客", en: "customers who added the channel in the period"}}
rules: [TZ, PUR, RET, MERGE, SCD, CENSOR, SMALL, SET]
notes:
- ja: "先にチャネル数ごとの行、次に追加チャネルごとの行を並べる。"
  en: "first a row a number of channels, then a row an added channel"
- ja: "許諾：期間の終わりに、最後の意思表示が許諾（opt_in）で、有効な宛先がわかっている（「許諾・リーチ分析」と同じ）。1人あたりは、期間中の購入額。"
  en: "permitted: the last word is opt_in and a valid address is known (as in 許諾・リーチ分析), at the end of the period; 1人あたり is what was bought in the period"
- ja: "継続率：期間の前の12か月に購入した顧客のうち、期間中にも購入した割合。"
  en: "retention: of those who bought in the 12 months before the period, who bought in it"
- ja: "追加は、入会から「前後を比べる日数」以上の会員が、期間中に最初に得たチャネル。同じ日に得たチャネルは、それぞれに数える。増減は後の金額 - 前の金額で、「前後を比べる日数」が過ぎ、似た顧客のいる追加による。"
  en: "an addition is the first channel gained in the period by a member of at least follow_days; channels gained on one day count each. change is amount after less before, of additions whose follow_days have passed and who have matches"
- ja: "似た顧客は、期間中に追加がなく、期間の始めのチャネル数が同じで、直前の「前後を比べる日数」の購入額が同じ金額帯（10の累乗の4分の1の幅）の顧客。その前後は、追加の月の初日を境に数える。"
  en: "matches added nothing in the period, had as many channels when it began, and spent in the same amount band (a quarter of a power of ten) in the follow_days before; their days are counted from the first of the month of the addition"
- ja: "チャネルを追加する顧客は、もともと店をより好む。似た顧客と比べても、この数字は原因の証明にはならない。解除は「購読解除・配信停止分析」で示す。"
  en: "who adds a channel likes the shop more: also after matching the figure is no proof of a cause. Unsubscribes stand in 購読解除・配信停止分析"
standard: Matched before/after comparison.
needs: [consents]
*/
WITH held AS (
  SELECT
    customer_id,
    COUNT(DISTINCT CASE WHEN from_date <= :period_end AND until_date > :period_end THEN channel END) AS channels,
    COUNT(DISTINCT CASE WHEN from_date < :period_start AND until_date >= :period_start THEN channel END)
      AS channels_before
  FROM reach_spans
  GROUP BY customer_id
),
bought AS (
  SELECT
    p.customer_id,
    SUM(CASE WHEN p.purchase_date >= :period_start THEN p.amount ELSE 0 END) AS amount,
    COUNT_IF(p.purchase_date >= :period_start) > 0 AS in_period,
    COUNT_IF(p.purchase_date < :period_start) > 0 AS in_year_before
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN DATE_ADD('month', -12, :period_start) AND :period_end
  GROUP BY p.customer_id
),
people AS (
  SELECT
    COALESCE(h.channels, 0) AS channels,
    COALESCE(h.channels_before, 0) AS channels_before,
    c.customer_id,
    c.registered_date,
    COALESCE(b.amount, 0) AS amount,
    COALESCE(b.in_period, FALSE) AS in_period,
    COALESCE(b.in_year_before, FALSE) AS in_year_before
  FROM population AS c
  LEFT JOIN held AS h ON h.customer_id = c.customer_id
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
gains AS (
  SELECT
    g.customer_id,
    g.channel_label AS added_channel,
    g.from_date AS added_date,
    RANK() OVER (PARTITION BY g.customer_id ORDER BY g.from_date) AS place
  FROM reach_spans AS g
  WHERE
    g.from_date BETWEEN :period_start AND :period_end
    AND NOT EXISTS (
      SELECT 1
      FROM reach_spans AS e
      WHERE
        e.customer_id = g.customer_id
        AND e.channel = g.channel
        AND e.from_date < g.from_date
        AND e.until_date >= g.from_date
    )
),
additions AS (
  SELECT DISTINCT
    g.added_channel,
    g.customer_id,
    g.added_date,
    p.channels_before,
    DATE_ADD('day', :follow_days, g.added_date) <= DATE_ADD('day', 1, :as_of) AS is_observed
  FROM gains AS g
  JOIN people AS p ON p.customer_id = g.customer_id
  WHERE g.place = 1 AND COALESCE(p.registered_date <= DATE_ADD('day', -:follow_days, g.added_date), TRUE)
),
-- Whom to follow from which day: those who added a channel from that day, the others from the first of each such month.
followed AS (
  SELECT DISTINCT
    a.customer_id,
    a.added_date AS start_date,
    DATE_TRUNC('month', a.added_date) AS month,
    a.channels_before,
    TRUE AS is_adder
  FROM additions AS a
  WHERE a.is_observed
  UNION ALL
  SELECT p.customer_id, m.month, m.month, p.channels_before, FALSE
  FROM people AS p
  CROSS JOIN (SELECT DISTINCT DATE_TRUNC('month', added_date) AS month FROM additions WHERE is_observed) AS m
  WHERE
    p.customer_id NOT IN (SELECT customer_id FROM gains)
    AND COALESCE(p.registered_date <= DATE_ADD('day', -:follow_days, m.month), TRUE)
),
spent AS (
  SELECT
    f.customer_id,
    f.start_date,
    SUM(CASE WHEN p.purchase_date < f.start_date THEN p.amount ELSE 0 END) AS amount_before,
    SUM(CASE WHEN p.purchase_date >= f.start_date THEN p.amount ELSE 0 END) AS amount_after
  FROM followed AS f
  JOIN purchases AS p
    ON p.customer_id = f.customer_id
    AND p.purchase_date >= DATE_ADD('day', -:follow_days, f.start_date)
    AND p.purchase_date < DATE_ADD('day', :follow_days, f.start_date)
  GROUP BY f.customer_id, f.start_date
),
changes AS (
  SELECT
    f.customer_id,
    f.month,
    f.channels_before,
    f.is_adder,
    COALESCE(AMOUNT_BAND_OF(s.amount_before), -1) AS band,
    CAST(COALESCE(s.amount_after - s.amount_before, 0) AS DOUBLE) AS change
  FROM followed AS f
  LEFT JOIN spent AS s ON s.customer_id = f.customer_id AND s.start_date = f.start_date
),
matches AS (
  SELECT month, channels_before, band, AVG(change) AS change
  FROM changes
  WHERE NOT is_adder
  GROUP BY month, channels_before, band
),
compared AS (
  SELECT c.customer_id, c.change, m.change AS matched_change
  FROM changes AS c
  JOIN matches AS m ON m.month = c.month AND m.channels_before = c.channels_before AND m.band = c.band
  WHERE c.is_adder
),
listed AS (
  SELECT
    channels,
    COUNT(*) AS customers,
    CAST(RATIO(SUM(amount), COUNT(*)) AS DECIMAL(18, 2)) AS amount_per_customer,
    RATIO(COUNT_IF(in_year_before AND in_period), COUNT_IF(in_year_before)) AS retention,
    CAST(NULL AS VARCHAR) AS added_channel,
    CAST(NULL AS BIGINT) AS adders,
    CAST(NULL AS DECIMAL(18, 2)) AS change,
    CAST(NULL AS DECIMAL(18, 2)) AS matched_change,
    CAST(NULL AS DECIMAL(18, 2)) AS effect,
    COUNT_IF(in_year_before) BETWEEN 1 AND :min_cell - 1 AS low_n
  FROM people
  GROUP BY channels
  UNION ALL
  SELECT
    NULL,
    NULL,
    NULL,
    NULL,
    a.added_channel,
    COUNT(*),
    CAST(AVG(c.change) AS DECIMAL(18, 2)),
    CAST(AVG(c.matched_change) AS DECIMAL(18, 2)),
    CAST(AVG(c.change - c.matched_change) AS DECIMAL(18, 2)),
    FALSE
  FROM additions AS a
  LEFT JOIN compared AS c ON c.customer_id = a.customer_id
  GROUP BY a.added_channel
)
SELECT
  channels,
  customers,
  amount_per_customer,
  retention,
  added_channel,
  adders,
  change,
  matched_change,
  effect,
  low_n
FROM listed
ORDER BY channels IS NULL, channels, adders DESC, added_channel
