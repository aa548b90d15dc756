/*
id: anniversary_window
name: {ja: 誕生日・記念日購買分析, en: Purchases around birthdays}
category: lifecycle
origin: extension
tier: standard
question:
  ja: 誕生日の前後に購入は増えるか。誕生日特典は上乗せになっているか。
  en: "Do customers buy more around their birthday, on what, and does the birthday gift add to it?"
method:
  ja: "記念日からの日数（「前の日数」から「後の日数」まで）ごとの1日あたりの購入を、同じ顧客のほかの日と比べた指数で示す。特典のある場合とない場合、特典の利用も示す。"
  en: "Daily purchase index by days from birthday (-30..+60) against the customer's own other days; with and without gift; use of the gift."
parameter_groups: [period, base, pur]
parameters:
- {name: before, type: int, default: 30, minimum: 0, maximum: 182, label_ja: 前の日数, note: ""}
- {name: after, type: int, default: 60, minimum: 0, maximum: 182, label_ja: 後の日数, note: ""}
- {name: anniversary, type: "enum(birthday,joined,first_purchase,child_birthday)", default: birthday, label_ja: 記念日, note: ""}
- {name: gifts, type: list, default: all, label_ja: 特典の施策, note: "campaigns or scenarios that carry the gift; all = any coupon or bonus in the window"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "customers of the day, those with a gift, or those without, under which low_n is set"}
columns:
- {name: day, type: int, unit: days, label_ja: 記念日からの日数}
- {name: customers, type: int, unit: people, label_ja: 対象人数}
- {name: index, type: double, unit: ratio, label_ja: 購買指数}
- {name: with_gift, type: double, unit: ratio, label_ja: 特典あり指数}
- {name: without_gift, type: double, unit: ratio, label_ja: 特典なし指数}
- {name: gift_use, type: ratio, unit: ratio, label_ja: 特典利用率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: line, title_ja: 記念日からの日数と購買指数, x: day, y: [index, with_gift, without_gift]}
- {kind: line, title_ja: 特典利用率, x: day, y: gift_use}
- {kind: table}
cells:
- {name: coming, keys: [next_date], types: {next_date: date}, customers: coming, becomes: {ja: "次の記念日で選ぶ、有効な顧客。1か月なら next_date=2026-12-01..2026-12-31", en: "active customers by their next anniversary: next_date=2026-12-01..2026-12-31 for a month"}}
rules: [TZ, PUR, RET, MERGE, WD, HOLD, SMALL, SET]
notes:
- ja: "2月29日は、平年では2月28日とする。誕生日のわからない顧客は除く。"
  en: "29 February is kept on 28 February in common years; unknown birthdays are out"
- ja: "仮の日付（1900年1月1日、2000年1月1日への集中）は見つけて除く。その年の1月のほかの日の平均の5倍を超え、5人以上いる1月1日がこれにあたる。"
  en: "placeholder dates (1 January 1900, 1 January 2000 spikes) are detected and left out: a 1 January with at least five customers and over five times those of an average other day of that January"
- ja: "購買指数：1日あたりの購入を、同じ顧客の、記念日の前後182日以内のうち「前の日数」から「後の日数」までの外の日と比べた値。1＝ふだんどおり。入会前の日と基準日よりあとの日は、どこにも数えない。"
  en: "index: purchases a day against the same customers' days within 182 days of the anniversary that lie outside the window; 1 = as ever. Days before joining and after as_of count nowhere"
- ja: "記念日は期間中のもの。入会日と初回購入日は1年目から。子どもの誕生日は1人ごとに1つの記念日とするため、顧客は2回以上数えられることがある。"
  en: "anniversaries in the period; joined and first_purchase from the first year on; each child's birthday is one, so customers may count more than once"
- ja: "特典は、「前の日数」から「後の日数」までの間に送った配信のクーポン、または受注のないボーナスポイント。特典利用率は、その日までに使われた特典の割合。対照群は特典に数えず（HOLDの規則）、特典なしに入る。"
  en: "a gift is a coupon in a sent message, or bonus points without an order, in the window; gift_use is the share of gifts used by that day. Control rows are no gift (rule HOLD), they stand in 特典なし"
- ja: "特典のある人とない人はもともと異なる。特典の効果を示せるのは対照群だけ。"
  en: "who gets a gift differs from who gets none: only a control group proves its effect"
*/
WITH parents AS (
  SELECT c.customer_id, c.household_id
  FROM population AS c
  WHERE c.household_id IS NOT NULL
  UNION
  SELECT c.customer_id, m.household_id
  FROM household_members AS m
  LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, m.customer_id)
  WHERE m.relation <> 'child'
),
origins AS (
  SELECT c.customer_id, c.birth_date AS day FROM population AS c WHERE :anniversary = 'birthday'
  UNION ALL
  SELECT c.customer_id, c.registered_date FROM population AS c WHERE :anniversary = 'joined'
  UNION ALL
  SELECT p.customer_id, p.purchase_date FROM purchases AS p WHERE :anniversary = 'first_purchase' AND p.n = 1
  UNION ALL
  SELECT p.customer_id, b.birth_date
  FROM parents AS p
  JOIN household_members AS b ON b.household_id = p.household_id AND b.relation = 'child'
  WHERE :anniversary = 'child_birthday'
),
placeholders AS (
  SELECT day
  FROM (
    SELECT day, COUNT(*) AS people, SUM(COUNT(*)) OVER (PARTITION BY DATE_TRUNC('month', day)) AS in_month
    FROM origins
    WHERE (:anniversary = 'birthday' OR :anniversary = 'child_birthday') AND day IS NOT NULL
    GROUP BY day
  ) AS d
  WHERE
    day = DATE '1900-01-01'
    OR (MONTH(day) = 1 AND DAY(day) = 1 AND people >= 5 AND people * 30 > 5 * (in_month - people))
),
origin_days AS (
  SELECT
    o.customer_id,
    o.day,
    COALESCE(c.registered_date, DATE '1900-01-01') AS known_from,
    COALESCE(c.status, 'active') = 'active' AS is_active
  FROM origins AS o
  JOIN population AS c ON c.customer_id = o.customer_id
  WHERE o.day IS NOT NULL AND o.day NOT IN (SELECT day FROM placeholders)
),
coming AS (
  SELECT DISTINCT o.customer_id, DATE_ADD('year', y.year - YEAR(o.day), o.day) AS next_date
  FROM origin_days AS o
  CROSS JOIN UNNEST(SEQUENCE(YEAR(:as_of), YEAR(:as_of) + 1)) AS y(year)
  WHERE
    o.is_active
    AND y.year > YEAR(o.day)
    AND DATE_ADD('year', y.year - YEAR(o.day), o.day) > :as_of
    AND DATE_ADD('year', y.year - YEAR(o.day), o.day) <= DATE_ADD('year', 1, :as_of)
),
occasions AS (
  SELECT DISTINCT
    o.customer_id,
    DATE_ADD('year', y.year - YEAR(o.day), o.day) AS anniversary_date,
    o.known_from
  FROM origin_days AS o
  CROSS JOIN UNNEST(SEQUENCE(YEAR(:period_start), YEAR(:period_end))) AS y(year)
  WHERE
    y.year > YEAR(o.day)
    AND DATE_ADD('year', y.year - YEAR(o.day), o.day) BETWEEN :period_start AND :period_end
),
gifts AS (
  SELECT v.customer_id, v.sent_date AS gift_date, v.coupon_id, CAST(NULL AS VARCHAR) AS lot_id
  FROM v_touches AS v
  LEFT JOIN campaign_labels AS l ON l.campaign_id = v.campaign_id
  WHERE
    NOT v.is_control
    AND v.coupon_id IS NOT NULL
    AND (v.campaign_id IN (:gifts) OR v.scenario_id IN (:gifts) OR l.campaign IN (:gifts))
  UNION ALL
  SELECT COALESCE(i.person_id, e.customer_id), e.posted_date, NULL, e.lot_id
  FROM point_ledger AS e
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  LEFT JOIN campaign_labels AS l ON l.campaign_id = e.campaign_id
  WHERE
    e.entry_type = 'bonus'
    AND e.order_id IS NULL
    AND (e.campaign_id IN (:gifts) OR l.campaign IN (:gifts))
),
uses AS (
  SELECT COALESCE(i.person_id, r.customer_id) AS customer_id, r.coupon_id, NULL AS lot_id, r.redeemed_date AS used_date
  FROM coupon_redemptions AS r
  LEFT JOIN v_identity AS i ON i.customer_id = r.customer_id
  UNION ALL
  SELECT COALESCE(i.person_id, e.customer_id), NULL, e.lot_id, e.posted_date
  FROM point_ledger AS e
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  WHERE e.entry_type = 'use' AND e.lot_id IS NOT NULL
),
given AS (
  SELECT
    o.customer_id,
    o.anniversary_date,
    MIN(DATE_DIFF('day', o.anniversary_date, u.used_date)) AS used_day
  FROM occasions AS o
  JOIN gifts AS g
    ON g.customer_id = o.customer_id
    AND g.gift_date >= DATE_ADD('day', -:before, o.anniversary_date)
    AND g.gift_date <= DATE_ADD('day', :after, o.anniversary_date)
  LEFT JOIN uses AS u
    ON u.customer_id = g.customer_id
    AND (u.coupon_id = g.coupon_id OR u.lot_id = g.lot_id)
    AND u.used_date >= g.gift_date
  GROUP BY o.customer_id, o.anniversary_date
),
windows AS (
  SELECT
    o.customer_id,
    o.anniversary_date,
    o.known_from,
    g.customer_id IS NOT NULL AS has_gift,
    g.used_day
  FROM occasions AS o
  LEFT JOIN given AS g ON g.customer_id = o.customer_id AND g.anniversary_date = o.anniversary_date
),
-- Occasions alike, so that days are counted once a group.
alike AS (
  SELECT
    anniversary_date,
    GREATEST(known_from, DATE_ADD('day', -182, anniversary_date)) AS from_date,
    LEAST(:as_of, DATE_ADD('day', 182, anniversary_date)) AS until_date,
    has_gift,
    used_day,
    COUNT(*) AS occasions
  FROM windows
  GROUP BY
    anniversary_date, GREATEST(known_from, DATE_ADD('day', -182, anniversary_date)), has_gift, used_day
),
exposed AS (
  SELECT
    d.day,
    a.has_gift,
    SUM(a.occasions) AS customers,
    SUM(CASE WHEN a.used_day <= d.day THEN a.occasions ELSE 0 END) AS used
  FROM alike AS a
  CROSS JOIN UNNEST(SEQUENCE(-:before, :after)) AS d(day)
  WHERE DATE_ADD('day', d.day, a.anniversary_date) BETWEEN a.from_date AND a.until_date
  GROUP BY d.day, a.has_gift
),
other_days AS (
  SELECT
    has_gift,
    SUM(
      occasions * (
        GREATEST(DATE_DIFF('day', from_date, until_date) + 1, 0)
        - GREATEST(
          DATE_DIFF(
            'day',
            GREATEST(from_date, DATE_ADD('day', -:before, anniversary_date)),
            LEAST(until_date, DATE_ADD('day', :after, anniversary_date))
          ) + 1,
          0
        )
      )
    ) AS days
  FROM alike
  GROUP BY has_gift
),
bought AS (
  SELECT w.has_gift, DATE_DIFF('day', w.anniversary_date, p.purchase_date) AS day, COUNT(*) AS orders
  FROM windows AS w
  JOIN purchases AS p
    ON p.customer_id = w.customer_id
    AND p.purchase_date >= GREATEST(w.known_from, DATE_ADD('day', -182, w.anniversary_date))
    AND p.purchase_date <= DATE_ADD('day', 182, w.anniversary_date)
  GROUP BY w.has_gift, DATE_DIFF('day', w.anniversary_date, p.purchase_date)
),
usual AS (
  SELECT o.has_gift, o.days, COALESCE(SUM(b.orders), 0) AS orders
  FROM other_days AS o
  LEFT JOIN bought AS b ON b.has_gift = o.has_gift AND b.day NOT BETWEEN -:before AND :after
  GROUP BY o.has_gift, o.days
),
usual_rates AS (
  SELECT
    RATIO(SUM(orders), SUM(days)) AS everybody,
    RATIO(SUM(CASE WHEN has_gift THEN orders END), SUM(CASE WHEN has_gift THEN days END)) AS with_gift,
    RATIO(SUM(CASE WHEN NOT has_gift THEN orders END), SUM(CASE WHEN NOT has_gift THEN days END)) AS without_gift
  FROM usual
),
daily AS (
  SELECT
    e.day,
    SUM(e.customers) AS customers,
    SUM(CASE WHEN e.has_gift THEN e.customers ELSE 0 END) AS with_gift,
    SUM(CASE WHEN e.has_gift THEN e.used ELSE 0 END) AS used,
    COALESCE(SUM(b.orders), 0) AS orders,
    COALESCE(SUM(CASE WHEN e.has_gift THEN b.orders END), 0) AS gift_orders
  FROM exposed AS e
  LEFT JOIN bought AS b ON b.day = e.day AND b.has_gift = e.has_gift
  GROUP BY e.day
)
SELECT
  d.day,
  d.customers,
  RATIO(RATIO(d.orders, d.customers), u.everybody) AS index,
  RATIO(RATIO(d.gift_orders, d.with_gift), u.with_gift) AS with_gift,
  RATIO(RATIO(d.orders - d.gift_orders, d.customers - d.with_gift), u.without_gift) AS without_gift,
  RATIO(d.used, d.with_gift) AS gift_use,
  COALESCE(u.everybody <> 0 AND d.customers < :min_cell, FALSE)
    OR d.with_gift BETWEEN 1 AND :min_cell - 1
    OR COALESCE(u.without_gift <> 0 AND d.customers - d.with_gift BETWEEN 1 AND :min_cell - 1, FALSE) AS low_n
FROM daily AS d
CROSS JOIN usual_rates AS u
ORDER BY d.day
