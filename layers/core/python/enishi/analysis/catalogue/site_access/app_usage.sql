/*
id: app_usage
name: {ja: アプリ利用継続分析, en: App use and retention}
category: site_access
origin: extension
tier: standard
question:
  ja: アプリは入れたあとも使われ続けているか。利用者はいくら買っているか。
  en: "Do installs stay alive, and what are app users worth?"
method:
  ja: "利用を始めた時期ごとに、1・7・30・90日目（既定）の継続率、プッシュ許諾率、アプリとほかのチャネルでの購入を示す。"
  en: "Install cohorts with day-1, 7, 30 and 90 return rates, push permission, purchases in app and elsewhere."
parameter_groups: [period, base, grain]
parameters:
- {name: return_days, type: list(int), default: "1,7,30,90", minimum: 1, label_ja: 継続を見る日数, note: ""}
- {name: rolling, type: bool, default: false, label_ja: その日以降の起動を含む, note: "true = an open on day k or later, for small cohorts"}
columns:
- {name: cohort, type: date, unit: date, label_ja: 初回起動期}
- {name: installs, type: int, unit: people, label_ja: 利用開始者}
- {name: day, type: int, unit: days, label_ja: 経過日}
- {name: return_rate, type: ratio, unit: ratio, label_ja: 継続率}
- {name: push_rate, type: ratio, unit: ratio, label_ja: push許諾率}
- {name: app_buyers, type: int, unit: people, label_ja: アプリ購買者}
- {name: amount_per_user, type: money, unit: JPY/person, label_ja: 1人あたり購入金額}
charts:
- {kind: heatmap, x: day, y: cohort, color: return_rate}
- {kind: line, x: cohort, y: return_rate, color: day, options: {discrete_colour: true}}
- {kind: table}
cells:
- {name: lost, keys: [cohort, day], customers: lost, becomes: {ja: "その経過日より前に起動が途絶えた顧客", en: "customers who stopped opening before that day"}}
needs: [web_events]
rules: [TZ, BOT, MERGE, CENSOR, DIV0, SET]
notes:
- ja: "経過日kの継続は、ちょうどk日目の起動（前後の日は含まない）。「その日以降の起動を含む」では、それより後の起動も数える。"
  en: "day k return means an open on exactly day k (k+-0); rolling=true takes any later open too"
- ja: "起動はアプリでの訪問。利用開始は最初の起動、またはアプリと顧客の紐づけのほうが早ければその日。"
  en: "an open is a visit with the app (v_sessions); somebody starts with the first one, or with the link of the app to the customer where that is earlier"
- ja: "率は、経過日がWebログの範囲内（基準日まで）にある人に対する割合。該当者がいなければ空欄。"
  en: "rates are over those whose day k lies inside the web log up to as_of; empty where there is nobody"
- ja: "push許諾率・アプリ購買者・1人あたり購入金額は、そのうち識別された顧客についてのもの。プッシュの許諾は基準日の状態、購入は利用開始以降の全チャネル。同じ時期の数値は各行に繰り返し示す。"
  en: "push_rate, app_buyers and amount_per_user are of the known customers among them, push as it stands at as_of, purchases since the start in every channel; the figures of a cohort are repeated on its rows"
- ja: "識別できない訪問者は、母集団が全員のときに数える。"
  en: "visitors whom nobody knows count while the population is everybody"
*/
WITH opens AS (
  SELECT DISTINCT COALESCE(s.customer_id, s.visitor_id) AS person, c.customer_id, s.session_date AS day
  FROM v_sessions AS s
  LEFT JOIN population AS c ON c.customer_id = s.customer_id
  WHERE
    s.device IN ('app_ios', 'app_android')
    AND (c.customer_id IS NOT NULL OR (:everyone AND s.customer_id IS NULL))
),
links AS (
  SELECT COALESCE(i.person_id, l.customer_id) AS customer_id, MIN(LOCAL_DAY(l.valid_from)) AS day
  FROM identities AS l
  LEFT JOIN v_identity AS i ON i.customer_id = l.customer_id
  WHERE l.id_type = 'app_install'
  GROUP BY COALESCE(i.person_id, l.customer_id)
),
starts AS (
  SELECT
    o.person,
    MAX(o.customer_id) AS customer_id,
    LEAST(MIN(o.day), COALESCE(MIN(l.day), MIN(o.day))) AS start_day
  FROM opens AS o
  LEFT JOIN links AS l ON l.customer_id = o.customer_id
  GROUP BY o.person
),
users AS (
  SELECT person, customer_id, start_day, GRAIN_OF(start_day) AS cohort
  FROM starts
  WHERE start_day BETWEEN :period_start AND :period_end
),
logged AS (
  SELECT MIN(event_date) AS first_date, MAX(event_date) AS last_date FROM web_events
),
consented AS (
  SELECT
    COALESCE(i.person_id, c.customer_id) AS customer_id,
    MAX_BY(c.state, ROW(c.changed_at, CASE WHEN c.state = 'opt_in' THEN 0 ELSE 1 END, c.state)) = 'opt_in' AS has_push
  FROM consents AS c
  LEFT JOIN v_identity AS i ON i.customer_id = c.customer_id
  WHERE c.channel = 'push' AND c.changed_date <= :as_of
  GROUP BY COALESCE(i.person_id, c.customer_id)
),
spent AS (
  SELECT
    u.customer_id,
    SUM(p.amount) AS amount,
    COUNT_IF(p.channel = 'app') > 0 AS in_app
  FROM users AS u
  JOIN v_purchases AS p ON p.customer_id = u.customer_id AND p.purchase_date >= u.start_day
  GROUP BY u.customer_id
),
worth AS (
  SELECT
    u.cohort,
    COUNT(*) AS installs,
    RATIO(COUNT_IF(c.has_push), COUNT(u.customer_id)) AS push_rate,
    COUNT_IF(s.in_app) AS app_buyers,
    CAST(RATIO(COALESCE(SUM(s.amount), 0), COUNT(u.customer_id)) AS DECIMAL(18, 2)) AS amount_per_user
  FROM users AS u
  LEFT JOIN consented AS c ON c.customer_id = u.customer_id
  LEFT JOIN spent AS s ON s.customer_id = u.customer_id
  GROUP BY u.cohort
),
returned AS (
  SELECT
    u.person,
    u.customer_id,
    u.cohort,
    d.day,
    DATE_ADD('day', d.day, u.start_day) BETWEEN MAX(g.first_date) AND MAX(g.last_date) AS is_observed,
    COUNT_IF(
      o.day = DATE_ADD('day', d.day, u.start_day) OR (:rolling AND o.day > DATE_ADD('day', d.day, u.start_day))
    ) > 0 AS came_back,
    COUNT_IF(o.day >= DATE_ADD('day', d.day, u.start_day)) = 0 AS is_lost
  FROM users AS u
  CROSS JOIN UNNEST(:return_days) AS d(day)
  CROSS JOIN logged AS g
  JOIN opens AS o ON o.person = u.person
  GROUP BY u.person, u.customer_id, u.cohort, u.start_day, d.day
),
lost AS (
  SELECT cohort, day, customer_id FROM returned WHERE is_observed AND is_lost
),
rates AS (
  SELECT cohort, day, RATIO(COUNT_IF(is_observed AND came_back), COUNT_IF(is_observed)) AS return_rate
  FROM returned
  GROUP BY cohort, day
)
SELECT
  w.cohort,
  w.installs,
  r.day,
  r.return_rate,
  w.push_rate,
  w.app_buyers,
  w.amount_per_user
FROM worth AS w
JOIN rates AS r ON r.cohort = w.cohort
ORDER BY w.cohort, r.day
