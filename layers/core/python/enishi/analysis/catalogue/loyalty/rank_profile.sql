/*
id: rank_profile
name: {ja: 会員ランク別実績分析, en: Performance by member rank}
category: loyalty
origin: extension
tier: standard
question:
  ja: 会員ランクごとに、何人がいくら買い、粗利・ポイント・配信への反応はどう違うか。
  en: "What does each rank buy, return, cost and react to?"
method:
  ja: "会員ランクごとに、会員数、稼働率、売上、1人あたり、粗利率、ポイント利用率、クリック率を示す。売上・ポイント・配信は、その日のランクによる。"
  en: "Members, active rate, amount, amount per buyer, margin, point use and click rate per rank; amounts, points and messages by the rank of their day."
parameter_groups: [period, base, pur]
columns:
- {name: rank, type: string, unit: none, label_ja: ランク}
- {name: customers, type: int, unit: people, label_ja: 会員数}
- {name: active_rate, type: ratio, unit: ratio, label_ja: 稼働率}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: amount_share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount_per_active, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: margin_rate, type: ratio, unit: ratio, label_ja: 粗利率}
- {name: point_use, type: ratio, unit: ratio, label_ja: ポイント利用率}
- {name: click_rate, type: ratio, unit: ratio, label_ja: クリック率}
footnotes:
- {label_ja: 非会員の売上, cte: guests}
charts:
- {kind: bar, x: rank, y: amount}
- {kind: bar, x: rank, y: amount_per_active}
- {kind: table}
cells:
- {name: rank, keys: [rank], customers: members, becomes: {ja: "期間の終わりにそのランクだった会員", en: "members who had the rank at the end of the period"}}
rules: [TZ, PUR, RET, MERGE, SCD, ATTR, MPP, DIV0, RECON, SET]
notes:
- ja: "売上、ポイント、配信は、それぞれの日のランクに属する（ATTRの規則）。会員数と稼働率は、期間の終わりのランクによる。ランクのない会員は不明。"
  en: "amounts, points and messages belong to the rank of their own day (rule ATTR); customers and active_rate to the rank at the end of the period; who had none is 不明"
- ja: "1人あたり＝売上／そのランクの間に購入した人数。ポイント利用率＝利用ポイント（返還を差し引く）／付与ポイント。クリック率＝クリックした配信／送った配信。"
  en: "amount_per_active = amount over those who bought while they had the rank; point_use = points used, less refunds, over points given; click_rate = clicked over sent messages"
- ja: "粗利率は原価のわかる明細による。売上は返品を「返品の計上」のとおりに引く。行の合計は会員の売上に一致し、非会員の売上は表の下に示す（RECONの規則）。"
  en: "margin_rate is over lines with a known cost; amounts are less returns, as return_mode books them; the rows add up to the members' sales, those of guests are printed below (rule RECON)"
*/
WITH members AS (
  SELECT c.customer_id, COALESCE(MAX(s.rank), :unknown) AS rank
  FROM population AS c
  LEFT JOIN rank_spans AS s ON s.customer_id = c.customer_id AND :period_end BETWEEN s.valid_from AND s.valid_to
  GROUP BY c.customer_id
),
bought AS (
  SELECT p.customer_id, COALESCE(s.rank, :unknown) AS rank
  FROM purchases AS p
  LEFT JOIN rank_spans AS s ON s.customer_id = p.customer_id AND p.purchase_date BETWEEN s.valid_from AND s.valid_to
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
),
margins AS (
  SELECT COALESCE(s.rank, :unknown) AS rank, RATIO(SUM(l.margin), SUM(l.amount)) AS margin_rate
  FROM purchase_lines AS l
  LEFT JOIN rank_spans AS s ON s.customer_id = l.customer_id AND l.purchase_date BETWEEN s.valid_from AND s.valid_to
  WHERE l.purchase_date BETWEEN :period_start AND :period_end AND l.cost IS NOT NULL
  GROUP BY COALESCE(s.rank, :unknown)
),
posted AS (
  SELECT c.customer_id, p.posted_date, p.entry_type, p.points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, p.customer_id)
  WHERE p.posted_date BETWEEN :period_start AND :period_end
),
points AS (
  SELECT
    COALESCE(s.rank, :unknown) AS rank,
    RATIO(
      -SUM(CASE WHEN p.entry_type IN ('use', 'refund') THEN p.points ELSE 0 END),
      SUM(CASE WHEN p.entry_type IN ('earn', 'bonus') THEN p.points ELSE 0 END)
    ) AS point_use
  FROM posted AS p
  LEFT JOIN rank_spans AS s ON s.customer_id = p.customer_id AND p.posted_date BETWEEN s.valid_from AND s.valid_to
  GROUP BY COALESCE(s.rank, :unknown)
),
clicks AS (
  SELECT COALESCE(s.rank, :unknown) AS rank, RATIO(COUNT(v.clicked_at), COUNT(*)) AS click_rate
  FROM v_touches AS v
  JOIN population AS c ON c.customer_id = v.customer_id
  LEFT JOIN rank_spans AS s ON s.customer_id = v.customer_id AND v.sent_date BETWEEN s.valid_from AND s.valid_to
  WHERE NOT v.is_control AND v.sent_date BETWEEN :period_start AND :period_end
  GROUP BY COALESCE(s.rank, :unknown)
),
buyers AS (
  SELECT DISTINCT customer_id FROM bought
),
counted AS (
  SELECT m.rank, COUNT(*) AS customers, COUNT(b.customer_id) AS active
  FROM members AS m
  LEFT JOIN buyers AS b ON b.customer_id = m.customer_id
  GROUP BY m.rank
),
-- What members bought and brought back, as 売上推移 adds it up.
sold AS (
  SELECT COALESCE(s.rank, :unknown) AS rank, SUM(d.amount) AS amount
  FROM sales AS d
  LEFT JOIN rank_spans AS s ON s.customer_id = d.customer_id AND d.sale_date BETWEEN s.valid_from AND s.valid_to
  WHERE NOT d.is_guest AND d.sale_date BETWEEN :period_start AND :period_end
  GROUP BY COALESCE(s.rank, :unknown)
),
rank_buyers AS (
  SELECT rank, COUNT(DISTINCT customer_id) AS buyers FROM bought GROUP BY rank
),
guests AS (
  SELECT COALESCE(SUM(s.amount), 0) AS amount
  FROM sales AS s
  WHERE s.is_guest AND s.sale_date BETWEEN :period_start AND :period_end
),
listed AS (
  SELECT rank FROM counted
  UNION
  SELECT rank FROM sold
)
SELECT
  l.rank,
  COALESCE(c.customers, 0) AS customers,
  RATIO(c.active, c.customers) AS active_rate,
  COALESCE(s.amount, 0) AS amount,
  RATIO(COALESCE(s.amount, 0), SUM(s.amount) OVER ()) AS amount_share,
  CAST(RATIO(s.amount, b.buyers) AS DECIMAL(18, 2)) AS amount_per_active,
  m.margin_rate,
  p.point_use,
  k.click_rate
FROM listed AS l
LEFT JOIN counted AS c ON c.rank = l.rank
LEFT JOIN sold AS s ON s.rank = l.rank
LEFT JOIN rank_buyers AS b ON b.rank = l.rank
LEFT JOIN margins AS m ON m.rank = l.rank
LEFT JOIN points AS p ON p.rank = l.rank
LEFT JOIN clicks AS k ON k.rank = l.rank
LEFT JOIN member_ranks AS r ON r.rank = l.rank
ORDER BY CASE WHEN l.rank = :unknown THEN 1 ELSE 0 END, r.rank_order DESC NULLS LAST, l.rank
