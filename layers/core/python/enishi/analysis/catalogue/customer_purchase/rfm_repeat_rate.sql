/*
id: rfm_repeat_rate
name: {ja: RFMリピート率分析, en: Repeat rate by RFM cell}
category: customer_purchase
origin: brief
brief_names: [RFMレポート率分析, RFMリピート率分析]
tier: core
question:
  ja: RFMのどのセルの顧客が、その後の期間に実際に再び買ったか。どのセルに連絡する値打ちがあるか。
  en: "Which RFM cells really bought again in the following window, so which deserve contact?"
method:
  ja: "判定日までのデータだけで顧客を採点し、(判定日, 判定日 + その後の日数] の購入を数える。リピート率＝再購入者数／顧客数（Wilsonの信頼区間つき）。全体比＝リピート率／全体のリピート率。"
  en: "Score customers with data up to and including base_date only, then count purchases in (base_date, base_date + horizon]. repeat_rate = repeaters/customers with a Wilson interval; lift against the overall rate."
parameter_groups: [base, pur, stat]
parameters:
- {name: base_date, type: date, default: as_of - 90 days, label_ja: 判定日, note: ""}
- {name: horizon_days, type: int, default: 90, minimum: 1, label_ja: その後の日数, note: "the window (base_date, base_date + horizon]"}
- {name: lookback_months, type: int, default: 24, minimum: 1, label_ja: 集計月数, note: ""}
- {name: view, type: "enum(rf,rm,rfm)", default: rf, label_ja: 見る面, note: a score that is not in view is null}
- {name: bins, type: int, default: 5, minimum: 2, maximum: 20, label_ja: 段階数, note: ""}
- {name: return_mode, type: "enum(origin,event)", default: event, label_ja: 返品の計上, note: "event: a return that came after base_date cannot change the scores"}
- {name: rfm_dates, type: list(date), default: base_date, label_ja: 判定日, hidden: true}
- {name: compares_dates, type: bool, default: false, label_ja: 二時点の比較, hidden: true}
- {name: freeze_borders, type: bool, default: false, label_ja: 移動前の境界で固定, hidden: true}
- {name: method, type: "enum(quintile,nested,threshold)", default: quintile, label_ja: 区切り方, hidden: true}
- {name: r_borders, type: list(int), default: "30,90,180,365", label_ja: Rの境界, hidden: true}
- {name: f_borders, type: list(int), default: "1,2,4,8", label_ja: Fの境界, hidden: true}
- {name: m_borders, type: list(money), default: "5000,15000,40000,100000", label_ja: Mの境界, hidden: true}
columns:
- {name: r_score, type: int, unit: score, label_ja: Rスコア}
- {name: f_score, type: int, unit: score, label_ja: Fスコア}
- {name: m_score, type: int, unit: score, label_ja: Mスコア}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: repeaters, type: int, unit: people, label_ja: 再購入者数}
- {name: repeat_rate, type: ratio, unit: ratio, label_ja: リピート率, of: customers}
- {name: ci_low, type: ratio, unit: ratio, label_ja: 下限}
- {name: ci_high, type: ratio, unit: ratio, label_ja: 上限}
- {name: lift, type: double, unit: ratio, label_ja: 全体比, of: customers}
- {name: amount, type: money, unit: JPY, label_ja: 期間後金額}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり金額}
- {name: contacted_share, type: ratio, unit: ratio, label_ja: 配信接触率, of: customers}
charts:
- {kind: heatmap, x: f_score, y: r_score, color: repeat_rate}
- {kind: table}
cells:
- {name: cell, keys: [r_score, f_score, m_score, has_repeated], types: {has_repeated: bool}, customers: followed, products: followed_products, becomes: {ja: "判定日にそのスコアの顧客を、再購入した・しなかったに分ける。商品＝その後の期間に買った商品", en: "customers scored there at base_date, split into repeated / not repeated; products = what they bought in the window"}}
rules: [TZ, PUR, RET, GUEST, MERGE, WD, TIE, CENSOR, DIV0, SMALL, SET]
notes:
- ja: "判定日よりあとのデータは採点に使わない。"
  en: "no data after base_date may enter the scores"
- ja: "配信接触率は、配信自体がリピート率を高めることへの注意のために示す。"
  en: "contacted_share warns that contact itself lifts the rate"
- ja: "採点の対象は、「集計月数」の間に購入のある顧客だけ。全体比の全体も同じ。"
  en: "only customers with a purchase in the lookback are scored; the overall rate of lift is theirs"
- ja: "判定日より後の値は、期間のすべてが過ぎるまで空欄。"
  en: "everything after base_date is null until the whole window has passed"
- ja: "「返品の計上」は event とする。originでは、判定日よりあとの返品がその日のスコアを下げてしまうため。"
  en: "return_mode is event here: with origin a return that came after base_date would lower the scores of that day"
standard: Wilson (1927) score interval.
*/
WITH bought_after AS (
  SELECT p.customer_id, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date > :base_date AND p.purchase_date <= DATE_ADD('day', :horizon_days, :base_date)
  GROUP BY p.customer_id
),
contacted AS (
  SELECT DISTINCT t.customer_id
  FROM v_touches AS t
  WHERE
    NOT t.is_control
    AND t.sent_date > :base_date
    AND t.sent_date <= DATE_ADD('day', :horizon_days, :base_date)
),
followed AS (
  SELECT
    s.customer_id,
    s.r_score,
    s.f_score,
    s.m_score,
    b.customer_id IS NOT NULL AS has_repeated,
    COALESCE(b.amount, 0) AS amount,
    t.customer_id IS NOT NULL AS was_contacted
  FROM rfm_scored AS s
  LEFT JOIN bought_after AS b ON b.customer_id = s.customer_id
  LEFT JOIN contacted AS t ON t.customer_id = s.customer_id
),
followed_products AS (
  SELECT f.r_score, f.f_score, f.m_score, f.has_repeated, l.product_id
  FROM followed AS f
  JOIN purchase_lines AS l ON l.customer_id = f.customer_id
  WHERE l.purchase_date > :base_date AND l.purchase_date <= DATE_ADD('day', :horizon_days, :base_date)
),
viewed AS (
  SELECT
    r_score,
    CASE WHEN :view <> 'rm' THEN f_score END AS f_score,
    CASE WHEN :view <> 'rf' THEN m_score END AS m_score,
    has_repeated,
    amount,
    was_contacted
  FROM followed
),
counted AS (
  SELECT
    r_score,
    f_score,
    m_score,
    COUNT(*) AS customers,
    COUNT_IF(has_repeated) AS repeaters,
    SUM(amount) AS amount,
    COUNT_IF(was_contacted) AS contacted,
    DATE_ADD('day', :horizon_days, :base_date) <= :as_of AS is_observed
  FROM viewed
  GROUP BY r_score, f_score, m_score
)
SELECT
  c.r_score,
  c.f_score,
  c.m_score,
  c.customers,
  CASE WHEN c.is_observed THEN c.repeaters END AS repeaters,
  CASE WHEN c.is_observed THEN RATIO(c.repeaters, c.customers) END AS repeat_rate,
  CASE WHEN c.is_observed THEN WILSON_LOW(c.repeaters, c.customers) END AS ci_low,
  CASE WHEN c.is_observed THEN WILSON_HIGH(c.repeaters, c.customers) END AS ci_high,
  CASE
    WHEN c.is_observed
      THEN RATIO(RATIO(c.repeaters, c.customers), RATIO(SUM(c.repeaters) OVER (), SUM(c.customers) OVER ()))
  END AS lift,
  CASE WHEN c.is_observed THEN c.amount END AS amount,
  CASE WHEN c.is_observed THEN CAST(RATIO(c.amount, c.customers) AS DECIMAL(18, 2)) END AS amount_per_customer,
  CASE WHEN c.is_observed THEN RATIO(c.contacted, c.customers) END AS contacted_share
FROM counted AS c
ORDER BY c.r_score DESC, c.f_score DESC, c.m_score DESC
