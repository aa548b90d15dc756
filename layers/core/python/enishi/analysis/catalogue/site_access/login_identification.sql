/*
id: login_identification
name: {ja: ログイン・識別率分析, en: Login and identification rate}
category: site_access
origin: extension
tier: standard
question:
  ja: 訪問のうち、どれだけを、何によって顧客と結び付けられているか。
  en: "What share of visits and views can be tied to a customer, and through what?"
method:
  ja: "セッションを、ログイン済み、紐づくクッキーで識別、配信リンクで識別、未識別に分け、端末、流入元、入口ページなどの集計軸別に見る。"
  en: "Sessions by state: logged in, recognised by linked cookie, recognised by message link, unknown; by device, source and landing page."
parameter_groups: [period, web, grain, axis]
parameters:
- {name: base_segment, type: segment, default: null, hidden: true, label_ja: 母集団, note: ""}
- {name: exclude_employees, type: bool, default: true, hidden: true, label_ja: 従業員を除く, note: ""}
- {name: exclude_withdrawn, type: bool, default: false, hidden: true, label_ja: 退会者を除く, note: ""}
- {name: axis, type: axis, default: device, over: [sessions], shown_as: axis_value, label_ja: 集計軸, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: state, type: enum, unit: none, label_ja: 識別状態}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: views, type: int, unit: views, label_ja: PV}
- {name: customers, type: int, unit: people, label_ja: 識別顧客数}
charts:
- {kind: stacked_bar, x: bucket, y: sessions, color: state}
- {kind: stacked_bar, title_ja: 識別状態の構成, x: bucket, y: sessions, color: state, options: {normalised: true}}
- {kind: table}
cells:
- {name: state, keys: [bucket, axis_value, state], customers: placed, becomes: {ja: "該当する顧客", en: "those customers"}}
rules: [TZ, BOT, DEDUP, MERGE, DIV0, SET]
notes:
- ja: "ログイン、紐づくクッキー、配信リンクの順に優先する。構成比は期間と軸の区分の中での割合。"
  en: "a login counts before a linked cookie, that before the link of a message; share is within the period and the axis value"
- ja: "従業員のセッションは除く。"
  en: "sessions of employees are left out"
*/
WITH placed AS (
  SELECT
    GRAIN_OF(s.session_date) AS bucket,
    x.axis_value,
    x.place,
    CASE
      WHEN s.customer_id IS NULL THEN '未識別'
      WHEN s.identified_by = 'login' THEN 'ログイン'
      WHEN s.identified_by = 'cookie' THEN 'クッキー'
      ELSE '配信リンク'
    END AS state,
    s.customer_id,
    s.views
  FROM sessions AS s
  JOIN sessions_by_axis AS x ON x.visitor_id = s.visitor_id AND x.visit = s.visit
)
SELECT
  p.bucket,
  p.axis_value,
  p.state,
  COUNT(*) AS sessions,
  RATIO(COUNT(*), SUM(COUNT(*)) OVER (PARTITION BY p.bucket, p.axis_value)) AS share,
  SUM(p.views) AS views,
  COUNT(DISTINCT p.customer_id) AS customers
FROM placed AS p
GROUP BY p.bucket, p.axis_value, p.place, p.state
ORDER BY p.bucket, p.place, ARRAY_POSITION(ARRAY['ログイン', 'クッキー', '配信リンク', '未識別'], p.state)
