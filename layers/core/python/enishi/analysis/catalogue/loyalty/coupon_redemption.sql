/*
id: coupon_redemption
name: {ja: クーポン利用分析, en: Coupon redemption}
category: loyalty
origin: extension
tier: core
question:
  ja: 誰がどのクーポンを、どれだけ早く、いくらの買い物で使い、どれだけ忘れられているか。
  en: "Who uses which coupon, how fast, on what, and how many are forgotten?"
method:
  ja: "クーポンと集計軸の値ごとに、配布数、利用数、失効数、利用率、利用日数中央値、最終日・再案内後・店舗での利用の割合、利用客単価、割引額と割引率、売上、条件ちょうど率を示す。"
  en: "Per coupon and axis value: issued, used, forgotten, redemption rate, median days to use, shares of uses on the last day, after a reminder and in stores, average order with coupon, discount and its share, amount, share of orders just over the condition."
parameter_groups: [period, base, pur, axis]
parameters:
- {name: mature_only, type: bool, default: true, label_ja: 期限後だけ率を出す, note: only coupons past valid_to enter rates}
- {name: just_over, type: ratio, default: 0.1, minimum: 0, label_ja: 条件ちょうどの幅, note: "up to this much above min_amount counts as just over it"}
- {name: axis, type: axis, default: member_rank, label_ja: 集計軸, over: [customers], shown_as: axis_value, note: any column of customers}
columns:
- {name: coupon, type: string, unit: none, label_ja: クーポン}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: issued, type: int, unit: people, label_ja: 配布数}
- {name: used, type: int, unit: people, label_ja: 利用数}
- {name: forgotten, type: int, unit: people, label_ja: 失効数}
- {name: redemption_rate, type: ratio, unit: ratio, label_ja: 利用率}
- {name: days_median, type: double, unit: days, label_ja: 利用日数中央値}
- {name: last_day_share, type: ratio, unit: ratio, label_ja: 最終日の割合}
- {name: reminded_share, type: ratio, unit: ratio, label_ja: 再案内後の割合}
- {name: store_share, type: ratio, unit: ratio, label_ja: 店舗での割合}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 利用客単価}
- {name: discount, type: money, unit: JPY, label_ja: 割引額}
- {name: discount_share, type: ratio, unit: ratio, label_ja: 割引率}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: over_min_share, type: ratio, unit: ratio, label_ja: 条件ちょうど率}
charts:
- {kind: stacked_bar, x: coupon, y: used, color: axis_value}
- {kind: bar, x: axis_value, y: redemption_rate, color: coupon}
- {kind: table}
cells:
- {name: outcome, keys: [coupon, axis_value, use], types: {use: string}, customers: outcomes, products: used_products, becomes: {ja: "use=未利用：有効期限前で、まだ使っていない顧客。use=失効：使わずに期限が過ぎた顧客。use=利用：使った顧客と、それで買った商品", en: "use=未利用: customers before valid_to who have not used it; use=失効: who let it expire; use=利用: users and what they bought with it"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, CENSOR, DIV0, SET]
notes:
- ja: "公開コードには配布の記録がない。配布数は0、利用率は空欄。利用数は期間中の利用で、非会員は非会員の行に数える。"
  en: "open codes have no issue rows: issued is 0 and redemption_rate is null; used counts their uses in the period, guests as 非会員"
- ja: "配布数と利用数は人数。再案内などで同じクーポンを何度か受け取った人も、1人と数え、利用日数は期間の最初の配布から数える。失効数＝使わずに期限が過ぎた人。期限前のクーポンと公開コードでは空欄。"
  en: "issued and used are people: who got the same coupon again, with a reminder for example, is one, and days run from the first issue in the period. forgotten are those who let it expire; null before its last day and for open codes"
- ja: "再案内後の割合：配布のある利用のうち、その期間に最初に配布された日より後、利用の日までに、そのクーポンを載せた配信がまた届いていたもの。店舗での割合は、受注のある利用のうち。割引率＝割引額÷（売上＋割引額）、受注のある利用について。"
  en: "reminded_share: of the uses of an issued coupon, those after another message that carried it, sent later than the day of its first issue in the period; store_share: of the uses with an order; discount_share: discount over amount and discount, of the uses with an order"
- ja: "配布したクーポンは、配布した期間に数える。利用数＝基準日までに使った人。対照群の行は配布に数えない。配布の記録がない利用は、その顧客への同じクーポンの最後の配布に属する。配布されたクーポンの利用は、注文が非会員のものでも、配布された人の利用とする。"
  en: "an issued coupon is counted by the period of its issue: used = who used it by as_of; control rows are no issues; a use that names no issue belongs to the latest issue of that coupon to that customer; a use of an issue is its holder's, were it in a guest's order"
- ja: "返品された受注のクーポンが戻るかは、店の規則による。「返品の計上」がoriginなら全部返品された受注の利用はなかったものとし、eventなら利用のまま残す。"
  en: "a returned order gives the coupon back only if the shop's rule says so: return_mode=origin takes a use whose whole order came back as none, event keeps it"
- ja: "条件ちょうど率：利用金額の条件があるクーポンを使った受注のうち、クーポン適用前の金額が条件を「条件ちょうどの幅」以内で上回った割合。"
  en: "over_min_share: of the orders with a coupon that asks for an amount, those at most just_over above it before the coupon"
- ja: "会員の区分は、現在の値。"
  en: "a member's value of the axis is the current one"
- ja: "会員ランクの行は、上位のランクから並べる（会員ランク定義にないランクはそのあと）。"
  en: "rows of member ranks go from the highest down, ranks that member_ranks does not know after them"
- ja: "受注のない利用も、金額なしの利用として数える。チャネルまたは店舗を絞り込んだ場合は除く。"
  en: "a use that names no order is a use too, without an amount; not where channels or stores are chosen"
*/
WITH issues AS (
  SELECT n.issue_id, n.coupon_id, COALESCE(i.person_id, n.customer_id) AS customer_id, n.issued_date
  FROM coupon_issues AS n
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  WHERE NOT COALESCE(n.is_control, FALSE)
),
issued_coupons AS (
  SELECT DISTINCT coupon_id FROM issues
),
receipts AS (
  SELECT
    s.sale_order_id AS order_id,
    MAX(CASE WHEN NOT s.is_return THEN s.customer_id END) AS customer_id,
    MAX(CASE WHEN NOT s.is_return THEN s.channel END) AS channel,
    SUM(s.amount) AS amount
  FROM sales AS s
  WHERE NOT s.is_return OR :return_mode = 'origin'
  GROUP BY s.sale_order_id
  HAVING SUM(s.amount) > 0 AND COUNT_IF(NOT s.is_return) > 0
),
uses AS (
  SELECT
    r.redemption_id,
    r.coupon_id,
    r.issue_id,
    r.redeemed_date,
    COALESCE(r.discount_amount, 0) AS discount,
    o.order_id,
    o.channel,
    COALESCE(o.customer_id, CASE WHEN r.order_id IS NULL THEN COALESCE(i.person_id, r.customer_id) END) AS customer_id,
    o.amount
  FROM coupon_redemptions AS r
  LEFT JOIN receipts AS o ON o.order_id = r.order_id
  LEFT JOIN v_identity AS i ON i.customer_id = r.customer_id
  WHERE
    r.redeemed_date <= :as_of
    AND (o.order_id IS NOT NULL OR (r.order_id IS NULL AND :channels_is_open AND :stores_is_open))
),
-- Each use with the issue that it redeems, if any.
redeemed AS (
  SELECT
    u.*,
    n.customer_id AS holder,
    n.issued_date,
    ROW_NUMBER() OVER (PARTITION BY u.redemption_id ORDER BY n.issued_date DESC NULLS LAST, n.issue_id) AS place
  FROM uses AS u
  LEFT JOIN issues AS n
    ON n.coupon_id = u.coupon_id
    AND (
      n.issue_id = u.issue_id
      OR (u.issue_id IS NULL AND n.customer_id = u.customer_id AND n.issued_date <= u.redeemed_date)
    )
),
-- A use of an issue is that of its holder, whoever's order it was.
used AS (
  SELECT r.*, COALESCE(r.holder, r.customer_id) AS user_id, COALESCE(a.axis_value, :guest) AS axis_value
  FROM redeemed AS r
  LEFT JOIN issued_coupons AS k ON k.coupon_id = r.coupon_id
  LEFT JOIN customers_by_axis AS a ON a.customer_id = COALESCE(r.holder, r.customer_id)
  WHERE
    r.place = 1
    AND (
      r.issued_date BETWEEN :period_start AND :period_end
      OR (k.coupon_id IS NULL AND r.redeemed_date BETWEEN :period_start AND :period_end)
    )
),
given AS (
  SELECT n.coupon_id, n.customer_id, a.axis_value, MIN(n.issued_date) AS issued_date
  FROM issues AS n
  JOIN customers_by_axis AS a ON a.customer_id = n.customer_id
  WHERE n.issued_date BETWEEN :period_start AND :period_end
  GROUP BY n.coupon_id, n.customer_id, a.axis_value
),
reminded AS (
  SELECT DISTINCT u.redemption_id
  FROM used AS u
  JOIN given AS g ON g.coupon_id = u.coupon_id AND g.customer_id = u.holder
  JOIN v_touches AS t ON t.customer_id = u.holder AND t.coupon_id = u.coupon_id
  WHERE NOT t.is_control AND t.sent_date > g.issued_date AND t.sent_date <= u.redeemed_date
),
outcomes AS (
  SELECT COALESCE(c.coupon, u.coupon_id) AS coupon, u.axis_value, '利用' AS use, u.user_id AS customer_id
  FROM used AS u
  LEFT JOIN coupon_labels AS c ON c.coupon_id = u.coupon_id
  UNION ALL
  SELECT
    COALESCE(c.coupon, g.coupon_id),
    g.axis_value,
    CASE WHEN c.valid_to <= :as_of THEN '失効' ELSE '未利用' END,
    g.customer_id
  FROM given AS g
  LEFT JOIN coupon_labels AS c ON c.coupon_id = g.coupon_id
  LEFT JOIN used AS u ON u.coupon_id = g.coupon_id AND u.holder = g.customer_id
  WHERE u.holder IS NULL
),
used_products AS (
  SELECT COALESCE(c.coupon, u.coupon_id) AS coupon, u.axis_value, '利用' AS use, l.product_id
  FROM used AS u
  LEFT JOIN coupon_labels AS c ON c.coupon_id = u.coupon_id
  JOIN order_lines AS l ON l.order_id = u.order_id
),
given_counts AS (
  SELECT coupon_id, axis_value, COUNT(*) AS issued
  FROM given
  GROUP BY coupon_id, axis_value
),
use_counts AS (
  SELECT
    u.coupon_id,
    u.axis_value,
    COUNT(*) AS uses,
    COUNT(u.order_id) AS receipts,
    COUNT(u.holder) AS issued_uses,
    COUNT(DISTINCT u.holder) AS users,
    COUNT_IF(u.redeemed_date = c.valid_to) AS last_day_uses,
    COUNT(c.valid_to) AS limited_uses,
    COUNT(n.redemption_id) AS reminded_uses,
    COUNT_IF(u.channel = 'store') AS store_receipts,
    QUANTILE_OF(DATE_DIFF('day', COALESCE(g.issued_date, u.issued_date), u.redeemed_date), 0.5) AS days_median,
    SUM(u.discount) AS discount,
    SUM(CASE WHEN u.order_id IS NOT NULL THEN u.discount END) AS receipt_discount,
    SUM(u.amount) AS amount,
    COUNT_IF(c.min_amount > 0) AS conditional,
    COUNT_IF(
      c.min_amount > 0
      AND CAST(u.amount + u.discount AS DOUBLE) <= CAST(c.min_amount AS DOUBLE) * (1 + :just_over) + 1e-6
    ) AS just_over
  FROM used AS u
  LEFT JOIN coupon_labels AS c ON c.coupon_id = u.coupon_id
  LEFT JOIN given AS g ON g.coupon_id = u.coupon_id AND g.customer_id = u.holder
  LEFT JOIN reminded AS n ON n.redemption_id = u.redemption_id
  GROUP BY u.coupon_id, u.axis_value
),
listed AS (
  SELECT coupon_id, axis_value FROM given_counts
  UNION
  SELECT coupon_id, axis_value FROM use_counts
)
SELECT
  COALESCE(c.coupon, l.coupon_id) AS coupon,
  l.axis_value,
  COALESCE(g.issued, 0) AS issued,
  CASE WHEN g.issued IS NULL THEN COALESCE(u.uses, 0) ELSE COALESCE(u.users, 0) END AS used,
  CASE WHEN c.valid_to <= :as_of THEN g.issued - COALESCE(u.users, 0) END AS forgotten,
  CASE
    WHEN NOT :mature_only OR c.valid_to <= :as_of THEN RATIO(COALESCE(u.users, 0), g.issued)
  END AS redemption_rate,
  u.days_median,
  RATIO(u.last_day_uses, u.limited_uses) AS last_day_share,
  RATIO(u.reminded_uses, u.issued_uses) AS reminded_share,
  RATIO(u.store_receipts, u.receipts) AS store_share,
  CAST(RATIO(u.amount, u.receipts) AS DECIMAL(18, 2)) AS avg_order,
  COALESCE(u.discount, 0) AS discount,
  RATIO(u.receipt_discount, u.amount + u.receipt_discount) AS discount_share,
  COALESCE(u.amount, 0) AS amount,
  RATIO(u.just_over, u.conditional) AS over_min_share
FROM listed AS l
LEFT JOIN coupon_labels AS c ON c.coupon_id = l.coupon_id
LEFT JOIN given_counts AS g ON g.coupon_id = l.coupon_id AND g.axis_value = l.axis_value
LEFT JOIN use_counts AS u ON u.coupon_id = l.coupon_id AND u.axis_value = l.axis_value
LEFT JOIN member_ranks AS r ON r.rank = l.axis_value
ORDER BY
  l.coupon_id,
  CASE l.axis_value WHEN :other THEN 1 WHEN :guest THEN 2 WHEN :unknown THEN 3 ELSE 0 END,
  r.rank_order DESC NULLS LAST,
  l.axis_value
