/*
id: uplift_deciles
name: {ja: アップリフト分析, en: Uplift by score band}
category: campaign
origin: extension
tier: advanced
question:
  ja: 施策で動くのはだれか。送っても変わらないのはだれか。送ると逆効果になるのはだれか。
  en: "Whom does the campaign move, whom does it leave cold, whom does it disturb?"
method:
  ja: "割り当て前の特徴量による2つのモデル（配信群・対照群）で、予測リフトを求める。学習に使わなかった分割での予測によりデシルに分け、デシルごとに配信群と対照群の購入率の実測差、Qini曲線と、指定した費用で配信に値するかを示す。"
  en: "Two models (treated, control) on pre-assignment features give a predicted uplift; out-of-fold deciles; observed treated-minus-control rate per decile; Qini curve and share that is worth mailing at the given cost."
parameter_groups: [base, pur]
parameters:
- {name: campaigns, type: list, default: required, label_ja: 施策, note: "ids or names of campaigns or scenarios"}
- {name: window_days, type: int, default: 14, minimum: 1, maximum: 365, label_ja: 成果の期間(日), note: "from the assignment"}
- {name: folds, type: int, default: 5, minimum: 2, maximum: 20, label_ja: 分割数, note: "each part is predicted by models of the others"}
- {name: seed, type: int, default: 42, minimum: 0, label_ja: 乱数の種, note: ""}
- {name: cost_per_message, type: double, default: 1.0, minimum: 0, label_ja: 1通の費用, note: ""}
- {name: min_control, type: int, default: 5000, minimum: 10, label_ja: 対照群の最少人数, note: "with fewer the question is refused"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "customers of an arm in the decile under which low_n is set"}
columns:
- {name: decile, type: int, unit: none, label_ja: デシル}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: predicted, type: ratio, unit: pp, label_ja: 予測リフト}
- {name: treated_rate, type: ratio, unit: ratio, label_ja: 配信群購入率}
- {name: control_rate, type: ratio, unit: ratio, label_ja: 対照群購入率}
- {name: observed, type: ratio, unit: pp, label_ja: 実測リフト}
- {name: qini, type: double, unit: score, label_ja: Qini}
- {name: worth_mailing, type: bool, unit: none, label_ja: 配信推奨}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: decile, y: observed}
- {kind: line, x: decile, y: qini}
- {kind: table}
cells:
- {name: decile, keys: [decile], by_step: true, becomes: {ja: "いまこの程度の予測リフトを持つ会員", en: "members with such a predicted uplift now"}}
rules: [TZ, PUR, HOLD, MERGE, CENSOR, SMALL, SET]
notes:
- ja: "無作為な対照群が「対照群の最少人数」（既定5,000人）以上必要。満たなければ答えない。"
  en: "needs a randomised control of at least 5,000 customers, otherwise refused"
- ja: "顧客は、選んだ施策での最初の割り当ての群に属する。基準日までに成果の期間を過ぎた人だけを数える。除外された配信も配信群に残す。"
  en: "a customer belongs to the arm of the first assignment in the chosen campaigns; only those whose window has passed by as_of count; suppressed messages stay in the treated arm"
- ja: "特徴量は割り当て前にわかるもの：購入回数、購入金額、最終購入からの日数、サイト・アプリの比率、入会からの日数、180日間の配信数とクリック数、年齢、性別。群ごとにロジスティック回帰を用いる。"
  en: "features known before the assignment: purchases, amount, days since the last, share of the site and the app, days since joining, messages and clicks of 180 days, age, sex; logistic regression an arm"
- ja: "デシル1は予測リフトが最も高い。予測が同じ人は上位のデシルに置く。"
  en: "decile 1 has the highest predicted uplift; equal predictions stay in the better decile"
- ja: "Qiniは、デシル1からこのデシルまでを合わせて、配信により獲得した人の割合：(配信群の購入者−対照群の購入者×配信群/対照群)/全配信群。"
  en: "qini is the share of the treated who were won, deciles 1 to this one together: (buyers treated - buyers control x treated / control) / all treated"
- ja: "配信推奨は、実測リフトに成果の期間の購入者1人がもたらす額（粗利、原価がわからなければ金額）を掛けた値が費用を上回るとき。片方の群がないデシルは空欄。"
  en: "worth_mailing: the observed uplift times what a buyer of the window brings (margin; the amount where costs are not known) is above the cost; null where a decile lacks an arm"
- ja: "掘り下げでは、基準日時点の母集団に得点を付け、デシルの境界で分ける。"
  en: "a cell scores the base population as it is at as_of and cuts it at the borders of the deciles"
standard: "Two-model uplift; Qini curve, Radcliffe (2007)."
example: {campaigns: season, min_control: 100}
step: uplift
*/
WITH firsts AS (
  SELECT
    m.customer_id,
    MIN_BY(m.is_control, ROW(m.sent_at, m.message_id)) AS is_control,
    MIN(m.sent_at) AS cut_at,
    MIN(m.sent_date) AS cut_date
  FROM assigned_messages AS m
  JOIN population AS c ON c.customer_id = m.customer_id
  GROUP BY m.customer_id
),
-- Who is looked at, and the moment up to which she is known: her assignment, or now.
subjects AS (
  SELECT f.customer_id, TRUE AS is_assigned, f.is_control, f.cut_at, f.cut_date
  FROM firsts AS f
  WHERE DATE_ADD('day', :window_days, f.cut_date) <= :as_of
  UNION ALL
  SELECT
    c.customer_id,
    FALSE,
    FALSE,
    CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP),
    DATE_ADD('day', 1, :as_of)
  FROM population AS c
  WHERE :names_people
),
bought AS (
  SELECT
    s.customer_id,
    s.is_assigned,
    COUNT_IF(p.purchase_at < s.cut_at) AS orders,
    SUM(CASE WHEN p.purchase_at < s.cut_at THEN p.amount ELSE 0 END) AS amount,
    MAX(CASE WHEN p.purchase_at < s.cut_at THEN p.purchase_date END) AS last_date,
    COUNT_IF(p.purchase_at < s.cut_at AND (p.channel = 'ec' OR p.channel = 'app')) AS online_orders,
    COUNT_IF(p.purchase_at > s.cut_at AND p.purchase_at <= DATE_ADD('day', :window_days, s.cut_at)) AS later_orders,
    SUM(
      CASE
        WHEN p.purchase_at > s.cut_at AND p.purchase_at <= DATE_ADD('day', :window_days, s.cut_at) THEN p.amount
        ELSE 0
      END
    ) AS later_amount
  FROM subjects AS s
  JOIN purchases AS p ON p.customer_id = s.customer_id
  GROUP BY s.customer_id, s.is_assigned
),
margins AS (
  SELECT s.customer_id, CASE WHEN COUNT(l.cost) = COUNT(*) THEN SUM(l.margin) END AS margin
  FROM subjects AS s
  JOIN purchase_lines AS l ON l.customer_id = s.customer_id
  WHERE
    s.is_assigned
    AND l.purchase_at > s.cut_at
    AND l.purchase_at <= DATE_ADD('day', :window_days, s.cut_at)
  GROUP BY s.customer_id
),
mailed AS (
  SELECT
    s.customer_id,
    s.is_assigned,
    COUNT(*) AS messages,
    COUNT_IF(t.clicked_at < s.cut_at) AS clicks
  FROM subjects AS s
  JOIN v_touches AS t ON t.customer_id = s.customer_id
  WHERE NOT t.is_control AND t.sent_at < s.cut_at AND t.sent_at >= DATE_ADD('day', -180, s.cut_at)
  GROUP BY s.customer_id, s.is_assigned
)
SELECT
  s.customer_id,
  s.is_assigned,
  s.is_control,
  COALESCE(b.later_orders, 0) > 0 AS is_buyer,
  COALESCE(b.later_amount, 0) AS later_amount,
  g.margin AS later_margin,
  CAST(COALESCE(b.orders, 0) AS DOUBLE) AS orders,
  CAST(COALESCE(b.amount, 0) AS DOUBLE) AS amount,
  CAST(DATE_DIFF('day', b.last_date, s.cut_date) AS DOUBLE) AS recency,
  RATIO(b.online_orders, b.orders) AS online_share,
  CAST(DATE_DIFF('day', c.registered_date, s.cut_date) AS DOUBLE) AS tenure,
  CAST(COALESCE(t.messages, 0) AS DOUBLE) AS messages,
  CAST(COALESCE(t.clicks, 0) AS DOUBLE) AS clicks,
  CASE WHEN c.birth_date >= DATE '1900-01-01' THEN CAST(DATE_DIFF('year', c.birth_date, s.cut_date) AS DOUBLE) END AS age,
  CASE c.gender WHEN 'female' THEN 1e0 WHEN 'male' THEN 0e0 END AS is_female
FROM subjects AS s
JOIN population AS c ON c.customer_id = s.customer_id
LEFT JOIN bought AS b ON b.customer_id = s.customer_id AND b.is_assigned = s.is_assigned
LEFT JOIN margins AS g ON g.customer_id = s.customer_id AND s.is_assigned
LEFT JOIN mailed AS t ON t.customer_id = s.customer_id AND t.is_assigned = s.is_assigned
ORDER BY s.customer_id, s.is_assigned
