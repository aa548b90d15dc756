/*
id: session_analysis
name: {ja: セッション分析, en: Session analysis}
category: site_access
origin: brief
brief_names: [セッション分析]
tier: core
question:
  ja: 訪問は何回あり、どれだけ深く、成果につながったか。流入元・端末・新規/再訪・時間帯で見る。
  en: "How many visits, how deep and how good, by source, device, new/returning visitor and time?"
method:
  ja: "セッションは「セッション切れ(分)」の間に行動がなければ終わる。エンゲージは、10秒超の滞在、2回以上の閲覧、または目標とする行動のいずれかがあるもの。直帰率＝1−エンゲージ率。"
  en: "Sessions end after session_timeout_min of silence. Engaged: over 10 seconds, or 2 or more views, or a goal event. Bounce rate = 1 - engaged rate."
parameter_groups: [period, base, web, grain, axis]
parameters:
- {name: goal_events, type: list, default: "purchase,signup,favourite_add", label_ja: 目標とする行動, note: ""}
- {name: axis, type: axis, default: channel, over: [sessions, customers], shown_as: axis_value, label_ja: 集計軸, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: visitors, type: int, unit: people, label_ja: 訪問者数}
- {name: new_share, type: ratio, unit: ratio, label_ja: 新規率}
- {name: views_per_session, type: double, unit: count/session, label_ja: PV/セッション}
- {name: duration_median, type: double, unit: seconds, label_ja: 滞在時間}
- {name: engaged_rate, type: ratio, unit: ratio, label_ja: エンゲージ率}
- {name: bounce_rate, type: ratio, unit: ratio, label_ja: 直帰率}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
charts:
- {kind: line, x: bucket, y: sessions, color: axis_value}
- {kind: line, x: bucket, y: cvr, color: axis_value}
- {kind: table}
cells:
- {name: cell, keys: [bucket, axis_value], customers: placed, becomes: {ja: "そのようなセッションのある識別顧客", en: "known customers with such a session"}}
rules: [TZ, BOT, DEDUP, MERGE, UNK, DIV0, SET]
notes:
- ja: "日をまたぐセッションは、始まった日に数える。新しいキャンペーンのパラメータではセッションを分けない。"
  en: "a session over midnight belongs to the day it started; a new campaign parameter does not break a session"
- ja: "新規率は、訪問者の最初のセッションである割合。訪問者は行ごとに1回だけ数える。"
  en: "new_share is the share of sessions that are their visitor's first; visitors are counted once in each row"
- ja: "売上は、セッション中の注文の額（非会員を含む）で、返品を差し引く。"
  en: "amount is that of the orders placed in the session, guests' too, net of returns"
- ja: "集計軸には、新規・再訪、時間帯、訪問曜日、入口ページ種別と、顧客の任意の列も使える。"
  en: "axis also takes visitor_type (新規・再訪), visit_hour, visit_weekday, landing_type and any column of the customer"
standard: "Session and engaged-session wording of Google Analytics 4 help (answers 12798876): 30 minutes; longer than 10 seconds, a key event, or at least 2 page views."
*/
WITH placed AS (
  SELECT
    GRAIN_OF(s.session_date) AS bucket,
    x.axis_value,
    x.place,
    s.customer_id,
    s.visitor_id,
    s.is_first,
    s.views,
    s.duration_ms,
    s.engaged,
    s.converted,
    s.amount
  FROM engaged_sessions AS s
  JOIN sessions_by_axis AS x ON x.visitor_id = s.visitor_id AND x.visit = s.visit
)
SELECT
  p.bucket,
  p.axis_value,
  COUNT(*) AS sessions,
  COUNT(DISTINCT p.visitor_id) AS visitors,
  RATIO(COUNT_IF(p.is_first), COUNT(*)) AS new_share,
  RATIO(SUM(p.views), COUNT(*)) AS views_per_session,
  QUANTILE_OF(CAST(p.duration_ms AS DOUBLE) / 1000, 0.5) AS duration_median,
  RATIO(COUNT_IF(p.engaged), COUNT(*)) AS engaged_rate,
  RATIO(COUNT_IF(NOT p.engaged), COUNT(*)) AS bounce_rate,
  RATIO(COUNT_IF(p.converted), COUNT(*)) AS cvr,
  SUM(p.amount) AS amount
FROM placed AS p
GROUP BY p.bucket, p.axis_value, p.place
ORDER BY p.bucket, p.place
