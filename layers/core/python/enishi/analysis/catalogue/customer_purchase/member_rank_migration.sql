/*
id: member_rank_migration
name: {ja: 会員ランク推移分析, en: Member rank migration}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 会員ランクはだれが上がり、だれが下がったか。移動によって購入額はどう変わったか。次に下がりそうなのはだれか。
  en: Who moved up or down in loyalty rank and how do moves change spending?
method:
  ja: "会員ランクの履歴から、2つの日付のランクを掛け合わせる。移動ごとに、前後1年の購入金額を示す。あわせて、判定期間の購入金額からすでに降格が見込まれる顧客も示す。"
  en: "Cross rank at two dates from member_rank_history; spend in the year before and after for each move; plus customers whose current-window spend already foretells a fall."
parameter_groups: [base, pur]
parameters:
- {name: from_date, type: date, default: as_of - 12 months, label_ja: 移動前の日, note: ""}
- {name: to_date, type: date, default: as_of, label_ja: 移動後の日, note: ""}
- {name: rating_window_months, type: int, default: 12, minimum: 1, label_ja: ランク判定の月数, note: "spend of so many months up to to_date, against the thresholds of member_ranks"}
columns:
- {name: from_rank, type: string, unit: none, label_ja: 移動前ランク}
- {name: to_rank, type: string, unit: none, label_ja: 移動後ランク}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: row_rate, type: ratio, unit: ratio, label_ja: 移動率}
- {name: amount_before, type: money, unit: JPY/person, label_ja: 前年1人あたり}
- {name: amount_after, type: money, unit: JPY/person, label_ja: 後年1人あたり}
- {name: at_risk, type: int, unit: people, label_ja: 降格見込}
charts:
- {kind: heatmap, x: to_rank, y: from_rank, color: customers}
- {kind: sankey, source: from_rank, target: to_rank, size: customers}
- {kind: table}
cells:
- {name: move, keys: [from_rank, to_rank, is_at_risk], types: {is_at_risk: bool}, customers: moves, becomes: {ja: "その移動をした顧客。is_at_risk=true：降格が見込まれる顧客", en: "customers of that move; is_at_risk=true: those about to fall"}}
rules: [TZ, PUR, RET, MERGE, WD, SCD, ATTR, UNK, SET]
notes:
- ja: "各日のランクは履歴による（期間の両端の日を含む）。名寄せで統合した会員は、統合前の各IDのランクのうち最上位のものとする。"
  en: "the rank of each day is that of the history (both ends of a span belong to it); merged members have the best of their ranks"
- ja: "「移動前の日」よりあとに入会した会員は、入会前から移る。ランクのない日は不明。"
  en: "members who joined after from_date come from 入会前; a day without a rank is 不明"
- ja: "前年1人あたりは「移動前の日」までの12か月、後年1人あたりはそのあとの12か月（過ぎるまで空欄）。購入の有無を問わず、1人あたりの額。"
  en: "amount_before is of the 12 months up to from_date, amount_after of the 12 months after it, null until they have passed; per person, buyers or not"
- ja: "降格見込は、「移動後の日」のランクの基準金額に購入金額が届いていない（または基準の購入回数に満たない）会員。基準のないランクでは対象者なし。"
  en: "at_risk has spent less than the threshold of the rank held on to_date (or bought less often than it asks); ranks without a threshold have nobody at risk"
needs: [member_rank_history]
*/
WITH spans AS (
  SELECT
    COALESCE(i.person_id, h.customer_id) AS customer_id,
    h.rank,
    COALESCE(h.rank_order, 0) AS rank_order,
    h.valid_from,
    COALESCE(h.valid_to, DATE '9999-12-31') AS valid_to
  FROM member_rank_history AS h
  LEFT JOIN v_identity AS i ON i.customer_id = h.customer_id
),
days AS (
  SELECT :from_date AS day
  UNION
  SELECT :to_date
),
held AS (
  SELECT d.day, s.customer_id, MAX_BY(s.rank, ROW(s.rank_order, s.valid_from, s.rank)) AS rank
  FROM spans AS s
  JOIN days AS d ON d.day BETWEEN s.valid_from AND s.valid_to
  GROUP BY d.day, s.customer_id
),
rank_orders AS (
  SELECT rank, MAX(rank_order) AS rank_order
  FROM spans
  GROUP BY rank
),
spent AS (
  SELECT
    p.customer_id,
    SUM(
      CASE
        WHEN p.purchase_date > DATE_ADD('month', -12, :from_date) AND p.purchase_date <= :from_date THEN p.amount
      END
    ) AS before_amount,
    SUM(
      CASE
        WHEN p.purchase_date > :from_date AND p.purchase_date <= DATE_ADD('month', 12, :from_date) THEN p.amount
      END
    ) AS after_amount,
    SUM(
      CASE
        WHEN p.purchase_date > DATE_ADD('month', -:rating_window_months, :to_date) AND p.purchase_date <= :to_date
          THEN p.amount
      END
    ) AS rated_amount,
    COUNT_IF(
      p.purchase_date > DATE_ADD('month', -:rating_window_months, :to_date) AND p.purchase_date <= :to_date
    ) AS rated_orders
  FROM purchases AS p
  GROUP BY p.customer_id
),
moves AS (
  SELECT
    CASE WHEN f.rank IS NULL AND c.registered_date > :from_date THEN '入会前' ELSE COALESCE(f.rank, :unknown) END
      AS from_rank,
    COALESCE(t.rank, :unknown) AS to_rank,
    c.customer_id,
    COALESCE(s.before_amount, 0) AS before_amount,
    COALESCE(s.after_amount, 0) AS after_amount,
    COALESCE(COALESCE(s.rated_amount, 0) < r.threshold_amount, FALSE)
      OR COALESCE(COALESCE(s.rated_orders, 0) < r.threshold_orders, FALSE) AS is_at_risk
  FROM population AS c
  LEFT JOIN held AS f ON f.customer_id = c.customer_id AND f.day = :from_date
  LEFT JOIN held AS t ON t.customer_id = c.customer_id AND t.day = :to_date
  LEFT JOIN member_ranks AS r ON r.rank = t.rank
  LEFT JOIN spent AS s ON s.customer_id = c.customer_id
  WHERE COALESCE(c.registered_date <= :to_date, TRUE)
),
counted AS (
  SELECT
    from_rank,
    to_rank,
    COUNT(*) AS customers,
    SUM(before_amount) AS before_amount,
    SUM(after_amount) AS after_amount,
    COUNT_IF(is_at_risk) AS at_risk
  FROM moves
  GROUP BY from_rank, to_rank
)
SELECT
  c.from_rank,
  c.to_rank,
  c.customers,
  RATIO(c.customers, SUM(c.customers) OVER (PARTITION BY c.from_rank)) AS row_rate,
  CAST(RATIO(c.before_amount, c.customers) AS DECIMAL(18, 2)) AS amount_before,
  CASE
    WHEN DATE_ADD('month', 12, :from_date) <= :as_of THEN CAST(RATIO(c.after_amount, c.customers) AS DECIMAL(18, 2))
  END AS amount_after,
  c.at_risk
FROM counted AS c
LEFT JOIN rank_orders AS f ON f.rank = c.from_rank
LEFT JOIN rank_orders AS t ON t.rank = c.to_rank
ORDER BY
  CASE c.from_rank WHEN :unknown THEN 2 WHEN '入会前' THEN 1 ELSE 0 END,
  f.rank_order DESC,
  c.from_rank,
  CASE WHEN c.to_rank = :unknown THEN 1 ELSE 0 END,
  t.rank_order DESC,
  c.to_rank
