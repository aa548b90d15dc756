/*
id: customer_initial_recent_sales
name: {ja: 顧客別初期/直近売上分析, en: Early versus recent sales by customer}
category: customer_purchase
origin: brief
brief_names: [顧客別初期/直近売上分析]
tier: core
question:
  ja: それぞれの顧客は、買い始めの頃と比べて今、多く買っているか、少なく買っているか、止まっているか。
  en: Is each customer spending more or less now than at the beginning of the relationship?
method:
  ja: "初回購入からの初期の期間と、基準日までの直近の期間で、購入金額と購入回数を比べる。増減比＝直近／初期。「拡大とみなす比」と「縮小とみなす比」で区分する。"
  en: "Compare amount and orders in the first window after the first purchase with the last window up to as_of; change ratio = recent/early; class by grow_border and shrink_border."
parameter_groups: [asof, base, pur, top]
parameters:
- {name: early_days, type: int, default: 180, minimum: 1, label_ja: 初期の日数, note: "from the day of the first purchase on, that day included"}
- {name: recent_days, type: int, default: 180, minimum: 1, label_ja: 直近の日数, note: "to as_of, that day included"}
- {name: grow_border, type: double, default: 1.2, minimum: 0, label_ja: 拡大とみなす比, note: "change at or above it is 拡大"}
- {name: shrink_border, type: double, default: 0.8, minimum: 0, label_ja: 縮小とみなす比, note: "change at or below it is 縮小"}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: early_amount, type: money, unit: JPY, label_ja: 初期金額}
- {name: early_orders, type: int, unit: orders, label_ja: 初期回数}
- {name: recent_amount, type: money, unit: JPY, label_ja: 直近金額}
- {name: recent_orders, type: int, unit: orders, label_ja: 直近回数}
- {name: change, type: double, unit: ratio, label_ja: 増減比}
- {name: class, type: enum, unit: none, label_ja: 拡大/維持/縮小/停止}
- {name: main_category_early, type: string, unit: none, label_ja: 初期主カテゴリ}
- {name: main_category_recent, type: string, unit: none, label_ja: 直近主カテゴリ}
charts:
- {kind: scatter, x: early_amount, y: recent_amount, color: class, where: {class: [拡大, 維持, 縮小, 停止]}}
- {kind: table}
cells:
- {name: class, keys: [class, early_amount, recent_amount, change, main_category_early, main_category_recent], customers: compared, products: compared_products, becomes: {ja: "その区分の顧客。初期金額と直近金額の範囲は散布図の領域。商品＝両期間に買った商品", en: "customers in it; ranges of early_amount and recent_amount are a region of the scatter; products = what they bought in the two windows"}}
- {name: customer, keys: [customer_id], customers: compared, becomes: {ja: "その顧客", en: "that customer"}}
footnotes:
- {label_ja: 区分別の顧客数, cte: classes_said}
- {label_ja: 非会員売上, cte: guest_sales}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, CENSOR, DIV0, TIE, SET]
notes:
- ja: "初回購入からの日数が「初期の日数」＋「直近の日数」に満たない顧客は、両期間が重なるため観測中とする。増減比は空欄。初期の期間が過ぎていない場合は、初期の値も空欄。"
  en: "customers whose first purchase is younger than early_days + recent_days are class 観測中, since the windows would overlap; their change is null, and what of the early window has not passed too"
- ja: "直近金額が0以下なら停止。"
  en: "recent_amount 0 is class 停止"
- ja: "初期金額が0以下なら比は求められない。いま購入していれば拡大とする。"
  en: "an early amount of zero has no ratio: who buys now is then 拡大"
- ja: "金額の変化の大きい順に並べ、観測中は最後に置く。「表示件数」を超える分は、その他の1行にまとめる。"
  en: "the largest changes in money stand first, 観測中 last; beyond top_n the rest is one row その他"
- ja: "主カテゴリは、期間内の金額が最大の大カテゴリ（サービスを含む）。同額なら、購入が新しいもの、名称の順で決める。"
  en: "the main category is the one with the largest amount of the window (category_l1, services too); equal ones: the later purchase, then the name"
- ja: "非会員の売上は、直近の期間の売上。"
  en: "guests' sales are those of the days of the recent window"
*/
WITH lives AS (
  SELECT p.customer_id, MIN(p.purchase_date) AS first_date
  FROM purchases AS p
  GROUP BY p.customer_id
),
windows AS (
  SELECT
    customer_id,
    first_date,
    DATE_ADD('day', :early_days, first_date) AS early_end,
    DATE_ADD('day', -:recent_days, :as_of) AS recent_start,
    DATE_DIFF('day', first_date, :as_of) < :early_days + :recent_days AS is_watched
  FROM lives
),
spent AS (
  SELECT
    w.customer_id,
    w.is_watched,
    w.early_end <= DATE_ADD('day', 1, :as_of) AS has_early,
    COALESCE(SUM(CASE WHEN p.purchase_date < w.early_end THEN p.amount END), 0) AS early_amount,
    COUNT_IF(p.purchase_date < w.early_end) AS early_orders,
    COALESCE(SUM(CASE WHEN p.purchase_date > w.recent_start THEN p.amount END), 0) AS recent_amount,
    COUNT_IF(p.purchase_date > w.recent_start) AS recent_orders
  FROM windows AS w
  JOIN purchases AS p ON p.customer_id = w.customer_id
  GROUP BY w.customer_id, w.is_watched, w.early_end
),
window_lines AS (
  SELECT
    l.customer_id,
    l.product_id,
    COALESCE(l.category_l1, :unknown) AS category,
    l.purchase_date,
    l.amount,
    l.purchase_date < w.early_end AS is_early,
    l.purchase_date > w.recent_start AS is_recent
  FROM purchase_lines AS l
  JOIN windows AS w ON w.customer_id = l.customer_id
  WHERE l.purchase_date < w.early_end OR l.purchase_date > w.recent_start
),
category_sums AS (
  SELECT
    customer_id,
    category,
    SUM(CASE WHEN is_early THEN amount END) AS early_amount,
    MAX(CASE WHEN is_early THEN purchase_date END) AS early_last,
    SUM(CASE WHEN is_recent THEN amount END) AS recent_amount,
    MAX(CASE WHEN is_recent THEN purchase_date END) AS recent_last
  FROM window_lines
  GROUP BY customer_id, category
),
category_places AS (
  SELECT
    s.*,
    ROW_NUMBER() OVER (
      PARTITION BY s.customer_id ORDER BY s.early_amount DESC NULLS LAST, s.early_last DESC NULLS LAST, s.category
    ) AS early_place,
    ROW_NUMBER() OVER (
      PARTITION BY s.customer_id ORDER BY s.recent_amount DESC NULLS LAST, s.recent_last DESC NULLS LAST, s.category
    ) AS recent_place
  FROM category_sums AS s
),
main_categories AS (
  SELECT
    customer_id,
    MAX(CASE WHEN early_place = 1 AND early_last IS NOT NULL THEN category END) AS early,
    MAX(CASE WHEN recent_place = 1 AND recent_last IS NOT NULL THEN category END) AS recent
  FROM category_places
  GROUP BY customer_id
),
rated AS (
  SELECT s.*, CASE WHEN NOT s.is_watched THEN RATIO(s.recent_amount, s.early_amount) END AS change
  FROM spent AS s
),
compared AS (
  SELECT
    r.customer_id,
    CASE WHEN r.has_early THEN r.early_amount END AS early_amount,
    CASE WHEN r.has_early THEN r.early_orders END AS early_orders,
    r.recent_amount,
    r.recent_orders,
    r.change,
    CASE
      WHEN r.is_watched THEN '観測中'
      WHEN r.recent_amount <= 0 THEN '停止'
      WHEN r.change >= :grow_border OR r.early_amount <= 0 THEN '拡大'
      WHEN r.change <= :shrink_border THEN '縮小'
      ELSE '維持'
    END AS class,
    CASE WHEN r.has_early THEN m.early END AS main_category_early,
    m.recent AS main_category_recent
  FROM rated AS r
  LEFT JOIN main_categories AS m ON m.customer_id = r.customer_id
),
compared_products AS (
  SELECT
    c.class, c.early_amount, c.recent_amount, c.change, c.main_category_early, c.main_category_recent, l.product_id
  FROM compared AS c
  JOIN window_lines AS l ON l.customer_id = c.customer_id
),
classes_said AS (
  SELECT
    ARRAY_JOIN(ARRAY_AGG(n.class || ' ' || CAST(COALESCE(k.customers, 0) AS VARCHAR) || '人' ORDER BY n.place), ' / ')
      AS said
  FROM UNNEST(ARRAY['拡大', '維持', '縮小', '停止', '観測中']) WITH ORDINALITY AS n(class, place)
  LEFT JOIN (SELECT class, COUNT(*) AS customers FROM compared GROUP BY class) AS k ON k.class = n.class
),
guest_sales AS (
  SELECT COALESCE(SUM(s.amount), 0) AS amount
  FROM sales AS s
  WHERE s.is_guest AND s.sale_date > DATE_ADD('day', -:recent_days, :as_of)
),
placed AS (
  SELECT
    c.*,
    ROW_NUMBER() OVER (
      ORDER BY
        c.class = '観測中',
        ABS(c.recent_amount - COALESCE(c.early_amount, 0)) DESC,
        c.recent_amount DESC,
        c.recent_orders DESC,
        c.customer_id
    ) AS place
  FROM compared AS c
),
kept AS (
  SELECT * FROM placed WHERE place <= :top_n
  UNION ALL
  SELECT
    :other,
    SUM(early_amount),
    SUM(early_orders),
    SUM(recent_amount),
    SUM(recent_orders),
    NULL,
    NULL,
    NULL,
    NULL,
    MAX(place)
  FROM placed
  WHERE place > :top_n
  HAVING COUNT(*) > 0
)
SELECT
  k.customer_id,
  k.early_amount,
  k.early_orders,
  k.recent_amount,
  k.recent_orders,
  k.change,
  k.class,
  k.main_category_early,
  k.main_category_recent
FROM kept AS k
ORDER BY k.place
