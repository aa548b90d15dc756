/*
id: acquisition_media_offline
name: {ja: 獲得媒体分析(オフライン), en: Acquisition by offline media}
category: media
origin: brief
brief_names: [獲得媒体分析(オフライン)]
tier: core
question:
  ja: 折込・テレビ・ラジオ・雑誌・DM・催事は、費用に対して何をもたらしたか。
  en: "What do inserts, TV, radio, magazines, DM and events bring for their cost?"
method:
  ja: "反応コードまたは申告された媒体による反応数と新規獲得数、初回売上、反応1件あたり費用（CPR）、獲得1人あたり費用（CPO）、「LTVの期間(月)」内のF2転換率と購入金額。出稿別にも見る。"
  en: "Responses and new customers by response code or declared medium, first order amount, cost per response (CPR), cost per order (CPO), F2 rate and amount in 12 months, per placement."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: assign, type: "enum(response_code,declared,both)", default: both, label_ja: 媒体の決め方, note: ""}
- {name: ltv_months, type: int, default: 12, label_ja: LTVの期間(月), note: "", minimum: 1}
- {name: view, type: "enum(medium,placement,area)", default: medium, label_ja: 集計の単位, note: ""}
columns:
- {name: medium, type: string, unit: none, label_ja: 媒体}
- {name: placement, type: string, unit: none, label_ja: 出稿}
- {name: cost, type: money, unit: JPY, label_ja: 費用}
- {name: circulation, type: int, unit: copies, label_ja: 部数・到達}
- {name: responses, type: int, unit: count, label_ja: 反応数}
- {name: response_rate, type: ratio, unit: ratio, label_ja: 反応率}
- {name: new_customers, type: int, unit: people, label_ja: 新規獲得数}
- {name: cpr, type: money, unit: JPY, label_ja: CPR}
- {name: cpo, type: money, unit: JPY/person, label_ja: CPO}
- {name: first_amount, type: money, unit: JPY, label_ja: 初回売上}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2転換率}
- {name: ltv, type: money, unit: JPY/person, label_ja: LTV}
- {name: roas, type: ratio, unit: ratio, label_ja: 回収率}
charts:
- {kind: bar, x: medium, y: cpo}
- {kind: bubble, x: cpo, y: ltv, size: new_customers, color: medium}
- {kind: table}
cells:
- {name: acquired, keys: [medium, placement], customers: acquired, becomes: {ja: "その媒体で獲得した顧客", en: "customers acquired through it"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, CENSOR, DIV0, SET]
notes:
- ja: "顧客の獲得媒体は1つで、最初にわかったもの。後の反応は「再反応」として数える。"
  en: "a customer has one acquisition medium, the first known; later responses are counted as 再反応"
- ja: "費用は掲載日に計上する。顧客はコードで結び付け、日数の上限は設けない。"
  en: "cost is booked on the publication day; customers are matched by code, without a limit in days"
- ja: "「媒体の決め方」が両方（both）なら、初回購入のコード、なければ申告された媒体をとる。どちらもない顧客は「不明」の行とする。"
  en: "assign = both takes the code of the first purchase, else the declared medium; customers with neither are the row 不明"
- ja: "反応数は媒体が報告した数（media_costs.responses）。なければ、そのコードの注文（非会員や後の注文＝再反応も含む）と、その媒体を申告した顧客の初回購入の数。"
  en: "responses are those that the medium reports (media_costs.responses), else orders with its code, guests' and later ones (再反応) too, and first purchases of customers who declared it"
- ja: "出稿別では、反応をその前の直近の出稿に割り当て、日数の上限は設けない。地域別では、その媒体を顧客の都道府県に出稿していればその都道府県、そうでなければ「全域」とする。"
  en: "by placement, a response belongs to the medium's last placement before it, without a limit in days; by area, to the customer's prefecture where the medium was placed there, else 全域"
- ja: "F2転換率とLTVは「LTVの期間(月)」が過ぎた顧客についてのもの。回収率は、顧客全員がその期間内にこれまでにもたらした額/費用。"
  en: "f2_rate and ltv are over customers whose ltv_months have passed; roas is what all of them brought within ltv_months so far, over the cost"
needs: [media]
*/
-- From each publication to the next one of the medium.
WITH publications AS (
  SELECT
    medium_id,
    placement,
    cost_date,
    LEAD(cost_date) OVER (PARTITION BY medium_id ORDER BY cost_date) AS next_date
  FROM (SELECT medium_id, cost_date, MIN(placement) AS placement FROM media_costs GROUP BY medium_id, cost_date) AS m
),
areas AS (
  SELECT DISTINCT medium_id, area FROM media_costs WHERE area IS NOT NULL
),
firsts AS (
  SELECT
    n.*,
    c.prefecture,
    CASE :assign
      WHEN 'response_code' THEN r.medium_id
      WHEN 'declared' THEN c.acquisition_medium_id
      ELSE COALESCE(r.medium_id, c.acquisition_medium_id)
    END AS medium_id,
    r.medium_id IS NOT NULL AS is_coded
  FROM new_customers AS n
  JOIN population AS c ON c.customer_id = n.customer_id
  LEFT JOIN media_codes AS r ON r.response_code = n.response_code
  WHERE n.purchase_date BETWEEN :period_start AND :period_end
),
acquired AS (
  SELECT
    COALESCE(m.medium, :unknown) AS medium,
    CASE :view
      WHEN 'placement' THEN COALESCE(p.placement, :unknown)
      WHEN 'area' THEN COALESCE(a.area, '全域')
      ELSE '全体'
    END AS placement,
    f.customer_id,
    f.first_amount,
    f.amount,
    f.has_second,
    f.observed,
    f.is_coded
  FROM firsts AS f
  LEFT JOIN media_labels AS m ON m.medium_id = f.medium_id
  LEFT JOIN publications AS p
    ON p.medium_id = f.medium_id
    AND p.cost_date <= f.purchase_date
    AND COALESCE(f.purchase_date < p.next_date, TRUE)
  LEFT JOIN areas AS a ON a.medium_id = f.medium_id AND a.area = f.prefecture
  WHERE m.kind = 'offline' OR m.medium_id IS NULL
),
coded_orders AS (
  SELECT
    m.medium,
    CASE :view
      WHEN 'placement' THEN COALESCE(p.placement, :unknown)
      WHEN 'area' THEN COALESCE(a.area, '全域')
      ELSE '全体'
    END AS placement,
    s.order_id
  FROM sales AS s
  JOIN media_codes AS r ON r.response_code = s.response_code
  JOIN media_labels AS m ON m.medium_id = r.medium_id AND m.kind = 'offline'
  LEFT JOIN population AS c ON c.customer_id = s.customer_id
  LEFT JOIN publications AS p
    ON p.medium_id = r.medium_id
    AND p.cost_date <= s.sale_date
    AND COALESCE(s.sale_date < p.next_date, TRUE)
  LEFT JOIN areas AS a ON a.medium_id = r.medium_id AND a.area = c.prefecture
  WHERE NOT s.is_return AND s.sale_date BETWEEN :period_start AND :period_end AND :assign <> 'declared'
),
spent AS (
  SELECT
    m.medium,
    CASE :view
      WHEN 'placement' THEN COALESCE(c.placement, :unknown)
      WHEN 'area' THEN COALESCE(c.area, '全域')
      ELSE '全体'
    END AS placement,
    SUM(c.cost) AS cost,
    SUM(c.circulation) AS circulation,
    SUM(c.responses) AS reported
  FROM media_costs AS c
  JOIN media_labels AS m ON m.medium_id = c.medium_id AND m.kind = 'offline'
  WHERE c.cost_date BETWEEN :period_start AND :period_end
  GROUP BY 1, 2
),
responded AS (
  SELECT medium, placement, COUNT(*) AS responses
  FROM (
    SELECT medium, placement FROM coded_orders
    UNION ALL
    SELECT medium, placement FROM acquired WHERE medium <> :unknown AND (NOT is_coded OR :assign = 'declared')
  ) AS r
  GROUP BY medium, placement
),
won AS (
  SELECT
    medium,
    placement,
    COUNT(*) AS new_customers,
    SUM(first_amount) AS first_amount,
    SUM(amount) AS amount,
    RATIO(COUNT_IF(observed AND has_second), COUNT_IF(observed)) AS f2_rate,
    CAST(RATIO(SUM(CASE WHEN observed THEN amount END), COUNT_IF(observed)) AS DECIMAL(18, 2)) AS ltv
  FROM acquired
  GROUP BY medium, placement
),
listed AS (
  SELECT medium, placement FROM spent
  UNION
  SELECT medium, placement FROM responded
  UNION
  SELECT medium, placement FROM won
),
joined AS (
  SELECT
    l.medium,
    l.placement,
    s.cost,
    s.circulation,
    COALESCE(s.reported, r.responses, 0) AS responses,
    COALESCE(w.new_customers, 0) AS new_customers,
    COALESCE(w.first_amount, 0) AS first_amount,
    COALESCE(w.amount, 0) AS amount,
    w.f2_rate,
    w.ltv
  FROM listed AS l
  LEFT JOIN spent AS s ON s.medium = l.medium AND s.placement = l.placement
  LEFT JOIN responded AS r ON r.medium = l.medium AND r.placement = l.placement
  LEFT JOIN won AS w ON w.medium = l.medium AND w.placement = l.placement
)
SELECT
  j.medium,
  j.placement,
  j.cost,
  j.circulation,
  j.responses,
  RATIO(j.responses, j.circulation) AS response_rate,
  j.new_customers,
  CAST(RATIO(j.cost, j.responses) AS DECIMAL(18, 2)) AS cpr,
  CAST(RATIO(j.cost, j.new_customers) AS DECIMAL(18, 2)) AS cpo,
  j.first_amount,
  j.f2_rate,
  j.ltv,
  RATIO(j.amount, j.cost) AS roas
FROM joined AS j
ORDER BY
  CASE WHEN j.medium = :unknown THEN 2 WHEN j.placement = :unknown THEN 1 ELSE 0 END,
  j.cost DESC NULLS LAST,
  j.new_customers DESC,
  j.medium,
  j.placement
