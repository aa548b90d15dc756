/*
id: acquisition_media_online
name: {ja: 獲得媒体分析(オンライン), en: Acquisition by online media}
category: media
origin: brief
brief_names: [獲得媒体分析(オンライン)]
tier: core
question:
  ja: 検索・ディスプレイ・SNS・アフィリエイト・メールは、表示から優良顧客まで何をもたらしたか。
  en: "What do search, display, social, affiliate and mail media bring from impression to loyal customer?"
method:
  ja: "媒体・キャンペーンごとの費用、表示、クリック、セッション数、登録、新規購入者。CPC、CTR、CPA（初回購入1人あたり）、F2転換率、LTV、ROAS。"
  en: "Cost, impressions, clicks, sessions, sign-ups and first purchases per medium and campaign; CPC, CTR, CPA per first purchase, F2 rate, LTV and ROAS."
parameter_groups: [period, base, pur, web, grain]
parameters:
- {name: rule, type: "enum(last_paid,first_touch,last_touch)", default: last_paid, label_ja: 媒体の決め方, note: ""}
- {name: lookback_days, type: int, default: 30, label_ja: さかのぼる日数, note: "", minimum: 1}
- {name: ltv_months, type: int, default: 12, label_ja: LTVの期間(月), note: "", minimum: 1}
columns:
- {name: medium, type: string, unit: none, label_ja: 媒体}
- {name: campaign, type: string, unit: none, label_ja: キャンペーン}
- {name: cost, type: money, unit: JPY, label_ja: 費用}
- {name: impressions, type: int, unit: count, label_ja: 表示}
- {name: clicks, type: int, unit: count, label_ja: クリック}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: ctr, type: ratio, unit: ratio, label_ja: CTR}
- {name: cpc, type: money, unit: JPY, label_ja: CPC}
- {name: signups, type: int, unit: people, label_ja: 登録}
- {name: new_customers, type: int, unit: people, label_ja: 新規購入者}
- {name: cpa, type: money, unit: JPY/person, label_ja: CPA}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2転換率}
- {name: ltv, type: money, unit: JPY/person, label_ja: LTV}
- {name: roas, type: ratio, unit: ratio, label_ja: ROAS}
charts:
- {kind: bar, x: medium, y: cpa, where: {campaign: 合計}}
- {kind: bubble, x: cpa, y: ltv, size: new_customers, color: medium, where: {campaign: 合計}}
- {kind: table}
cells:
- {name: acquired, keys: [medium, campaign], customers: acquired, becomes: {ja: "その媒体で獲得した顧客", en: "customers acquired through it"}}
- {name: signed_up, keys: [signup_medium, signup_campaign], types: {signup_medium: string, signup_campaign: string}, customers: signed_up, becomes: {ja: "その媒体から入会した顧客", en: "customers who joined through it"}}
rules: [TZ, PUR, RET, BOT, GUEST, MERGE, UNK, CENSOR, ONCE, DIV0, SET]
notes:
- ja: "媒体が報告するクリックと、自社で計測するセッションの両方を示す。1つの率の中で混ぜない。"
  en: "clicks reported by the medium and sessions measured by us are both shown, never mixed in one ratio"
- ja: "セッションは、リンクに対応する媒体のもの。「媒体の決め方」がlast_paidなら、初回購入（または登録）の前の「さかのぼる日数」内で最後のそのようなセッション、first_touchなら最初のセッション、last_touchなら本当に最後のセッションがそれであるときだけ、その媒体とする。"
  en: "a session belongs to the medium mapped to its link; last_paid takes the last such session within lookback_days before the first purchase (or the sign-up), first_touch the first, last_touch only when it is the very last session"
- ja: "その期間にセッションのない顧客は、申告された媒体がオンラインならその媒体に割り当てる。どの媒体でもない新規購入者は「不明」とする。"
  en: "a customer without any session in these days is credited to the declared medium, if that is an online one; new customers of no medium at all are 不明"
- ja: "utm_campaignのないセッションは、媒体の出稿が1つだけならその出稿とする。"
  en: "a session without utm_campaign is of the medium's only placement, where it has one"
- ja: "媒体ごとに「合計」の行とキャンペーンの行がある。CPAは初回購入1人あたり。F2転換率とLTVは「LTVの期間(月)」が過ぎた顧客についてのもの。ROASは、全員がその期間内にこれまでにもたらした額/費用。"
  en: "each medium has a row 合計 and its campaigns; cpa is per first purchase; f2_rate and ltv are over customers whose ltv_months have passed, roas is what all brought within them so far, over the cost"
needs: [media]
*/
WITH online AS (
  SELECT medium_id, medium FROM media_labels WHERE kind = 'online'
),
only_placements AS (
  SELECT medium_id, MIN(placement) AS placement
  FROM media_costs
  GROUP BY medium_id
  HAVING COUNT(DISTINCT placement) = 1
),
visits AS (
  SELECT
    s.customer_id,
    s.session_id,
    LOCAL_TIME(s.started_at) AS started_at,
    s.session_date,
    o.medium_id,
    o.medium,
    CASE WHEN o.medium_id IS NOT NULL THEN COALESCE(s.utm_campaign, p.placement, :unknown) END AS campaign
  FROM sessions AS s
  LEFT JOIN online AS o ON o.medium_id = s.medium_id
  LEFT JOIN only_placements AS p ON p.medium_id = s.medium_id
),
moments AS (
  SELECT 'purchase' AS goal, n.customer_id, LOCAL_TIME(n.purchase_at) AS at
  FROM new_customers AS n
  WHERE n.purchase_date BETWEEN :period_start AND :period_end
  UNION ALL
  SELECT
    'signup',
    c.customer_id,
    COALESCE(LOCAL_TIME(c.registered_at), CAST(DATE_ADD('day', 1, c.registered_date) AS TIMESTAMP))
  FROM population AS c
  WHERE c.registered_date BETWEEN :period_start AND :period_end
),
touched AS (
  SELECT
    m.goal,
    m.customer_id,
    v.medium,
    v.campaign,
    ROW_NUMBER() OVER (
      PARTITION BY m.goal, m.customer_id
      ORDER BY
        CASE WHEN :rule = 'last_paid' AND v.medium_id IS NULL THEN 1 ELSE 0 END,
        CASE WHEN :rule = 'first_touch' THEN v.started_at END,
        v.started_at DESC,
        v.session_id DESC
    ) AS place
  FROM moments AS m
  JOIN visits AS v ON v.customer_id = m.customer_id
  WHERE v.started_at <= m.at AND v.started_at > DATE_ADD('day', -:lookback_days, m.at)
),
credited AS (
  SELECT
    m.goal,
    m.customer_id,
    CASE
      WHEN t.customer_id IS NOT NULL THEN t.medium
      WHEN d.medium_id IS NULL THEN :unknown
      ELSE o.medium
    END AS medium,
    CASE
      WHEN t.customer_id IS NOT NULL THEN t.campaign
      WHEN o.medium_id IS NOT NULL OR d.medium_id IS NULL THEN COALESCE(p.placement, :unknown)
    END AS campaign
  FROM moments AS m
  JOIN population AS c ON c.customer_id = m.customer_id
  LEFT JOIN touched AS t ON t.goal = m.goal AND t.customer_id = m.customer_id AND t.place = 1
  LEFT JOIN media_labels AS d ON d.medium_id = c.acquisition_medium_id
  LEFT JOIN online AS o ON o.medium_id = c.acquisition_medium_id
  LEFT JOIN only_placements AS p ON p.medium_id = c.acquisition_medium_id
),
-- Each credit stands in its campaign's row and in its medium's.
credits AS (
  SELECT goal, customer_id, medium, campaign FROM credited WHERE medium IS NOT NULL
  UNION ALL
  SELECT goal, customer_id, medium, :total FROM credited WHERE medium IS NOT NULL
),
acquired AS (
  SELECT
    c.medium,
    c.campaign,
    c.customer_id,
    n.amount,
    n.has_second,
    n.observed
  FROM credits AS c
  JOIN new_customers AS n ON n.customer_id = c.customer_id
  WHERE c.goal = 'purchase'
),
signed_up AS (
  SELECT medium AS signup_medium, campaign AS signup_campaign, customer_id
  FROM credits
  WHERE goal = 'signup'
),
spent AS (
  SELECT
    o.medium,
    CASE WHEN GROUPING(c.placement) = 1 THEN :total ELSE COALESCE(c.placement, :unknown) END AS campaign,
    SUM(c.cost) AS cost,
    SUM(c.impressions) AS impressions,
    SUM(c.clicks) AS clicks
  FROM media_costs AS c
  JOIN online AS o ON o.medium_id = c.medium_id
  WHERE c.cost_date BETWEEN :period_start AND :period_end
  GROUP BY GROUPING SETS ((o.medium, c.placement), (o.medium))
),
visited AS (
  SELECT medium, CASE WHEN GROUPING(campaign) = 1 THEN :total ELSE campaign END AS campaign, COUNT(*) AS sessions
  FROM visits
  WHERE medium_id IS NOT NULL AND session_date BETWEEN :period_start AND :period_end
  GROUP BY GROUPING SETS ((medium, campaign), (medium))
),
joined AS (
  SELECT signup_medium AS medium, signup_campaign AS campaign, COUNT(*) AS signups
  FROM signed_up
  GROUP BY signup_medium, signup_campaign
),
won AS (
  SELECT
    medium,
    campaign,
    COUNT(*) AS new_customers,
    SUM(amount) AS amount,
    RATIO(COUNT_IF(observed AND has_second), COUNT_IF(observed)) AS f2_rate,
    CAST(RATIO(SUM(CASE WHEN observed THEN amount END), COUNT_IF(observed)) AS DECIMAL(18, 2)) AS ltv
  FROM acquired
  GROUP BY medium, campaign
),
listed AS (
  SELECT medium, campaign FROM spent
  UNION
  SELECT medium, campaign FROM visited
  UNION
  SELECT medium, campaign FROM joined
  UNION
  SELECT medium, campaign FROM won
)
SELECT
  l.medium,
  l.campaign,
  s.cost,
  s.impressions,
  s.clicks,
  COALESCE(v.sessions, 0) AS sessions,
  RATIO(s.clicks, s.impressions) AS ctr,
  CAST(RATIO(s.cost, s.clicks) AS DECIMAL(18, 2)) AS cpc,
  COALESCE(j.signups, 0) AS signups,
  COALESCE(w.new_customers, 0) AS new_customers,
  CAST(RATIO(s.cost, w.new_customers) AS DECIMAL(18, 2)) AS cpa,
  w.f2_rate,
  w.ltv,
  RATIO(w.amount, s.cost) AS roas
FROM listed AS l
LEFT JOIN spent AS s ON s.medium = l.medium AND s.campaign = l.campaign
LEFT JOIN visited AS v ON v.medium = l.medium AND v.campaign = l.campaign
LEFT JOIN joined AS j ON j.medium = l.medium AND j.campaign = l.campaign
LEFT JOIN won AS w ON w.medium = l.medium AND w.campaign = l.campaign
ORDER BY
  CASE WHEN l.medium = :unknown THEN 1 ELSE 0 END,
  l.medium,
  CASE l.campaign WHEN :total THEN 0 WHEN :unknown THEN 2 ELSE 1 END,
  l.campaign
