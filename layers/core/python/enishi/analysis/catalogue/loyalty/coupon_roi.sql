/*
id: coupon_roi
name: {ja: クーポンROI分析, en: Coupon return}
category: loyalty
origin: extension
tier: standard
question:
  ja: クーポンの売上のうち、なくても買われた分はどれだけか。割引と配信の費用を引いて、利益は残ったか。
  en: "How much of coupon sales would have come anyway, and what profit remains?"
method:
  ja: "増分粗利＝（配布群 - 対照群）の1人あたり粗利×配布数。配信費用を差し引いて利益とする。割引はすでに粗利に反映されている。「比較の方法」をmatchedにすると、対照群の代わりに同じ顧客のふだんの購入と比べた推定とし、その旨を表の下に示す。"
  en: "Incremental margin = (treated - control) margin per issued customer x issued; minus discount and contact cost; without control, a matched estimate from the same customers' usual rate, clearly labelled."
parameter_groups: [period, base, pur, stat]
parameters:
- {name: window_days, type: int, default: 30, minimum: 1, label_ja: 効果をみる日数, note: "from the day of the issue on, that day included"}
- {name: method, type: "enum(control,matched)", default: control, label_ja: 比較の方法, note: "control: withheld issues; matched: the same customers' usual purchases, an estimate"}
- {name: usual_days, type: int, default: 365, minimum: 1, label_ja: ふだんとみなす日数, note: "matched: days before the issue"}
columns:
- {name: coupon, type: string, unit: none, label_ja: クーポン}
- {name: issued, type: int, unit: people, label_ja: 配布数}
- {name: treated_margin, type: money, unit: JPY/person, label_ja: 配布群粗利}
- {name: control_margin, type: money, unit: JPY/person, label_ja: 対照群粗利}
- {name: incremental_margin, type: money, unit: JPY, label_ja: 増分粗利}
- {name: discount_cost, type: money, unit: JPY, label_ja: 割引費用}
- {name: free_riders, type: ratio, unit: ratio, label_ja: 値引不要購入率}
- {name: profit, type: money, unit: JPY, label_ja: 利益}
- {name: roi, type: ratio, unit: ratio, label_ja: ROI}
- {name: ci_low, type: money, unit: JPY, label_ja: 下限}
- {name: ci_high, type: money, unit: JPY, label_ja: 上限}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: waterfall, title_ja: クーポン別の利益, x: coupon, y: profit}
- {kind: forest, x: coupon, y: profit, low: ci_low, high: ci_high, where: {ci_low: {min: -1000000000000}}}
- {kind: table}
cells:
- {name: outcome, keys: [coupon, arm, outcome, orders_before], types: {arm: enum, outcome: enum, orders_before: int}, customers: people, becomes: {ja: "配布群・対照群の顧客を、その結果（クーポンで購入、クーポンなしで購入、購入なし）と、直前の「ふだんとみなす日数」の購入回数で選ぶ。なくても買う顧客は、次のクーポンから外す", en: "customers of an arm (配布群, 対照群) by what they did (クーポンで購入, クーポンなしで購入, 購入なし) and by purchases in the usual_days before: those who buy anyway are to be left out of the next coupon"}}
footnotes:
- {label_ja: 比較の方法, cte: comparison_said}
- {label_ja: 効果をみる日数が過ぎていない配布, cte: still_open}
needs: [coupon_issues]
rules: [TZ, PUR, RET, HOLD, MERGE, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "割引は、すでに粗利に反映されている。示すが、二重には差し引かない。"
  en: "the discount is already inside margin; it is shown but not subtracted twice"
- ja: "利益＝増分粗利 - クーポンを載せた配信の費用。ROI＝利益／（割引費用 + 配信費用）。"
  en: "profit = incremental margin less the cost of the messages that carried the coupon; roi = profit over discount and message cost"
- ja: "顧客は、クーポンごとに期間中の最初の配布（控えた配布を含む）で1人と数える。「効果をみる日数」が過ぎた配布だけによる。"
  en: "a customer counts once a coupon, by the first issue of the period, withheld or not; only issues whose window has passed"
- ja: "対照群粗利は、クーポンを控えた顧客の粗利。対照群のないクーポンでは、これと、これから求める値は空欄。matchedの場合は、配布前の「ふだんとみなす日数」の本人の粗利を「効果をみる日数」あたりに換算する。"
  en: "control_margin is that of customers from whom the coupon was withheld; null, and all that follows from it, where a coupon has none. matched: their own margin of the usual_days before, per window_days"
- ja: "値引不要購入率：配布して購入した顧客のうち、配布がなくても買った割合。対照群の購入者率を配布群の購入者率で割る（上限1）。matchedの場合は、ふだんの購入をポアソン分布の率とする。"
  en: "free_riders: of the issued customers who bought, the share who would have bought anyway: buyer rate of the control over that of the issued, at most 1; matched: the usual purchases as a Poisson rate"
- ja: "区間は利益のもので、正規近似による。原価のない明細がある場合、粗利は空欄。"
  en: "the interval is of profit, by normal approximation; margins are null where a line has no cost"
- ja: "利益がマイナスのセグメントは、「母集団」で絞り込んで見つける。公開コードには配布がないため、ここに現れない。"
  en: "a segment with a negative return is found with base_segment; open codes have no issues and are not here"
*/
WITH issues AS (
  SELECT
    n.coupon_id,
    COALESCE(i.person_id, n.customer_id) AS customer_id,
    COALESCE(n.is_control, FALSE) AS is_control,
    n.issued_date,
    n.issue_id,
    CASE WHEN m.status = 'sent' THEN COALESCE(m.unit_cost, 0) ELSE 0 END AS contact_cost
  FROM coupon_issues AS n
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  LEFT JOIN messages AS m ON m.message_id = n.message_id
  WHERE n.issued_date BETWEEN :period_start AND :period_end
),
firsts AS (
  SELECT
    n.coupon_id,
    n.customer_id,
    MIN_BY(n.is_control, ROW(n.issued_date, n.issue_id)) AS is_control,
    MIN(n.issued_date) AS issued_date,
    SUM(n.contact_cost) AS contact_cost
  FROM issues AS n
  JOIN population AS c ON c.customer_id = n.customer_id
  GROUP BY n.coupon_id, n.customer_id
),
watched AS (
  SELECT f.*, DATE_ADD('day', :window_days - 1, f.issued_date) AS last_day
  FROM firsts AS f
  WHERE DATE_ADD('day', :window_days - 1, f.issued_date) <= :as_of
),
still_open AS (
  SELECT COUNT(*) AS customers
  FROM firsts
  WHERE NOT is_control AND DATE_ADD('day', :window_days - 1, issued_date) > :as_of
),
margins AS (
  SELECT l.customer_id, l.n, CASE WHEN COUNT(l.margin) = COUNT(*) THEN SUM(l.margin) END AS margin
  FROM purchase_lines AS l
  GROUP BY l.customer_id, l.n
),
bought AS (
  SELECT
    w.coupon_id,
    w.customer_id,
    p.purchase_date >= w.issued_date AS is_after,
    COUNT(*) AS orders,
    CASE WHEN COUNT(g.margin) = COUNT(*) THEN SUM(g.margin) END AS margin
  FROM watched AS w
  JOIN purchases AS p ON p.customer_id = w.customer_id
  LEFT JOIN margins AS g ON g.customer_id = p.customer_id AND g.n = p.n
  WHERE p.purchase_date <= w.last_day AND p.purchase_date >= DATE_ADD('day', -:usual_days, w.issued_date)
  GROUP BY w.coupon_id, w.customer_id, p.purchase_date >= w.issued_date
),
redeemed AS (
  SELECT w.coupon_id, w.customer_id, SUM(COALESCE(r.discount_amount, 0)) AS discount
  FROM watched AS w
  JOIN coupon_redemptions AS r ON r.coupon_id = w.coupon_id
  JOIN v_purchases AS v ON v.order_id = r.order_id AND v.customer_id = w.customer_id
  WHERE r.redeemed_date BETWEEN w.issued_date AND w.last_day
  GROUP BY w.coupon_id, w.customer_id
),
people AS (
  SELECT
    COALESCE(k.coupon, w.coupon_id) AS coupon,
    CASE WHEN w.is_control THEN '対照群' ELSE '配布群' END AS arm,
    CASE
      WHEN r.customer_id IS NOT NULL THEN 'クーポンで購入'
      WHEN a.customer_id IS NOT NULL THEN 'クーポンなしで購入'
      ELSE '購入なし'
    END AS outcome,
    w.coupon_id,
    w.customer_id,
    w.is_control,
    a.customer_id IS NOT NULL AS is_buyer,
    CAST(CASE WHEN a.customer_id IS NULL THEN 0 ELSE a.margin END AS DOUBLE) AS margin,
    CAST(CASE WHEN b.customer_id IS NULL THEN 0 ELSE b.margin END AS DOUBLE) * :window_days / :usual_days
      AS usual_margin,
    COALESCE(b.orders, 0) AS orders_before,
    COALESCE(r.discount, 0) AS discount,
    w.contact_cost
  FROM watched AS w
  LEFT JOIN coupon_labels AS k ON k.coupon_id = w.coupon_id
  LEFT JOIN bought AS a ON a.coupon_id = w.coupon_id AND a.customer_id = w.customer_id AND a.is_after
  LEFT JOIN bought AS b ON b.coupon_id = w.coupon_id AND b.customer_id = w.customer_id AND NOT b.is_after
  LEFT JOIN redeemed AS r ON r.coupon_id = w.coupon_id AND r.customer_id = w.customer_id
),
treated AS (
  SELECT
    coupon_id,
    coupon,
    COUNT(*) AS people,
    CASE WHEN COUNT(margin) = COUNT(*) THEN AVG(margin) END AS margin,
    VAR_SAMP(margin) AS variance,
    RATIO(COUNT_IF(is_buyer), COUNT(*)) AS buyer_rate,
    CASE WHEN COUNT(usual_margin) = COUNT(*) THEN AVG(usual_margin) END AS usual_margin,
    VAR_SAMP(margin - usual_margin) AS usual_variance,
    AVG(1 - EXP(-CAST(orders_before AS DOUBLE) * :window_days / :usual_days)) AS usual_rate,
    CAST(SUM(discount) AS DOUBLE) AS discount,
    CAST(SUM(contact_cost) AS DOUBLE) AS contact_cost
  FROM people
  WHERE NOT is_control
  GROUP BY coupon_id, coupon
),
control AS (
  SELECT
    coupon_id,
    COUNT(*) AS people,
    CASE WHEN COUNT(margin) = COUNT(*) THEN AVG(margin) END AS margin,
    VAR_SAMP(margin) AS variance,
    RATIO(COUNT_IF(is_buyer), COUNT(*)) AS buyer_rate
  FROM people
  WHERE is_control
  GROUP BY coupon_id
),
compared AS (
  SELECT
    t.coupon_id,
    t.coupon,
    t.people,
    t.margin,
    t.discount,
    t.contact_cost,
    t.buyer_rate,
    CASE :method WHEN 'matched' THEN t.usual_margin ELSE c.margin END AS base_margin,
    CASE :method WHEN 'matched' THEN t.usual_rate ELSE c.buyer_rate END AS base_rate,
    SQRT(
      CASE :method
        WHEN 'matched' THEN t.usual_variance / t.people
        ELSE t.variance / t.people + c.variance / c.people
      END
    ) AS error,
    CASE :method WHEN 'matched' THEN t.people ELSE LEAST(t.people, COALESCE(c.people, 0)) END AS smaller_arm
  FROM treated AS t
  LEFT JOIN control AS c ON c.coupon_id = t.coupon_id
),
earned AS (
  SELECT
    k.*,
    (k.margin - k.base_margin) * k.people AS increment,
    (k.margin - k.base_margin) * k.people - k.contact_cost AS profit,
    :z * k.error * k.people AS reach
  FROM compared AS k
),
comparison_said AS (
  SELECT
    CASE :method
      WHEN 'matched' THEN '推定: 同じ顧客のふだんの購入との比較(対照群ではない)'
      ELSE '配布を控えた対照群との比較'
    END AS said
)
SELECT
  e.coupon,
  e.people AS issued,
  CAST(e.margin AS DECIMAL(18, 2)) AS treated_margin,
  CAST(e.base_margin AS DECIMAL(18, 2)) AS control_margin,
  CAST(e.increment AS DECIMAL(18, 2)) AS incremental_margin,
  CAST(e.discount AS DECIMAL(18, 2)) AS discount_cost,
  LEAST(RATIO(e.base_rate, e.buyer_rate), 1e0) AS free_riders,
  CAST(e.profit AS DECIMAL(18, 2)) AS profit,
  RATIO(e.profit, e.discount + e.contact_cost) AS roi,
  CAST(e.profit - e.reach AS DECIMAL(18, 2)) AS ci_low,
  CAST(e.profit + e.reach AS DECIMAL(18, 2)) AS ci_high,
  e.smaller_arm < :min_cell AS low_n
FROM earned AS e
ORDER BY e.profit DESC NULLS LAST, e.people DESC, e.coupon_id
