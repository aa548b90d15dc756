/*
id: mailing_breakeven
name: {ja: 発送採算分岐分析, en: Break-even selection for mailings}
category: catalog_dm
origin: extension
tier: core
question:
  ja: どのRFMセル(またはデシル)の顧客に、カタログを送る価値があるか。
  en: Which RFM cells (or score bands) are worth a copy?
method:
  ja: "セルごとの過去のレスポンスと粗利。損益分岐率＝1部の費用/1購入者の粗利。1部あたりの期待利益と、良いセルから順に送った場合の累積利益を示す。小さいセルは近いセルに寄せる。"
  en: "Past response and margin per cell; break-even response = cost per copy / margin per order; expected profit per copy and cumulative profit when cells are mailed best first; shrink small cells to neighbours."
parameter_groups: [base, pur, stat]
parameters:
- {name: catalog_ids, type: list, default: all, label_ja: 過去のカタログ, note: "all = the last three issues whose window has passed"}
- {name: cost_per_copy, type: money, default: 150, label_ja: 1部の費用, note: ""}
- {name: margin_per_order, type: money, default: null, label_ja: 1購入者の粗利, note: "null = from the responders of these issues"}
- {name: cells, type: "enum(rfm,rf,decile)", default: rfm, label_ja: セルの分け方, note: "decile of the amount in the lookback"}
- {name: window_days, type: int, default: 45, minimum: 1, maximum: 365, label_ja: 成果の期間(日), note: from delivery}
- {name: match, type: "enum(any_purchase,listed_items)", default: listed_items, label_ja: 成果とする購入, note: ""}
- {name: lookback_months, type: int, default: 24, minimum: 1, label_ja: さかのぼる月数, note: "for R, F, M and decile"}
- {name: r_borders, type: list(int), default: "30,90,180,365", label_ja: Rの境界(日), note: "days since the last purchase; fewer = better"}
- {name: f_borders, type: list(int), default: "1,2,4,8", label_ja: Fの境界(回), note: upper counts of scores 1-4}
- {name: m_borders, type: list(int), default: "5000,15000,40000,100000", label_ja: Mの境界(円), note: lower amounts of scores 2-5}
columns:
- {name: cell, type: string, unit: none, label_ja: セル}
- {name: copies, type: int, unit: copies, label_ja: 発送数}
- {name: response_rate, type: ratio, unit: ratio, label_ja: レスポンス率}
- {name: breakeven_rate, type: ratio, unit: ratio, label_ja: 損益分岐率}
- {name: index, type: double, unit: ratio, label_ja: 分岐指数}
- {name: profit_per_copy, type: money, unit: JPY/copy, label_ja: 1部あたり利益}
- {name: mail, type: bool, unit: none, label_ja: 発送推奨}
- {name: members_now, type: int, unit: people, label_ja: 現在該当者}
- {name: cum_profit, type: money, unit: JPY, label_ja: 累積利益}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: cell, y: profit_per_copy}
- {kind: line, x: cell, y: cum_profit}
- {kind: table}
cells:
- {name: members, keys: [cell, mail], customers: members, becomes: {ja: "これらのセルの現在該当者。[mail=true]は利益が出る最大の人数", en: "members now in these cells; [mail=true] is the largest count that still earns"}}
rules: [TZ, PUR, RET, MERGE, CENSOR, SMALL, DIV0, TIE, SET]
notes:
- ja: "顧客の得点は、号の最初の発送日時点で固定の境界により付け、現在の該当者は基準日時点で付ける。セルの意味が同じになる。さかのぼる月数の間に購入がなければ「購入なし」。"
  en: "customers are scored with fixed borders as of the issue's first shipping day, and members now as of as_of, so that cells mean the same; without a purchase in the lookback they are 購入なし"
- ja: "発送数が「参考値とする母数」に満たないセルは、近いセル（Rが同じセル、デシルではすべてのセル）の率に寄せる。重みは「参考値とする母数」と同じ部数。"
  en: "a cell with fewer copies than min_cell is shrunk to its neighbours - those of the same R (all cells for deciles), which weigh min_cell copies"
- ja: "損益分岐率は、1部の費用/成果の期間内の購入者1人の粗利（原価のわかる購入者の平均）。分岐指数はレスポンス率/損益分岐率−1。1部あたり利益はレスポンス率×粗利−費用。"
  en: "breakeven_rate is cost_per_copy over the margin of a responder in the window (the mean of those whose costs are known); index is response over break-even less 1; profit_per_copy is response times margin less cost"
- ja: "累積利益は、行の順のセルの現在該当者に送った場合のもの。一度も送っていないセルはレスポンスがなく、最後に置く。"
  en: "cum_profit mails the members now, cells in the order of the rows; cells that were never mailed have no response and come last"
standard: Break-even index per RFM cell as taught by A. M. Hughes (Strategic Database Marketing).
needs: [catalog_shipments]
*/
WITH issues AS (
  SELECT
    catalog_id,
    MIN(shipped_date) AS scored_date,
    ROW_NUMBER() OVER (ORDER BY MAX(delivered_date) DESC, catalog_id) AS place
  FROM catalog_copies
  GROUP BY catalog_id
  HAVING DATE_ADD('day', :window_days, MAX(delivered_date)) <= :as_of
),
chosen AS (
  SELECT catalog_id, scored_date
  FROM issues
  WHERE catalog_id IN (:catalog_ids) AND (NOT :catalog_ids_is_open OR place <= 3)
),
points AS (
  SELECT catalog_id AS point, scored_date FROM chosen
  UNION ALL
  SELECT 'now', CAST(:as_of AS DATE)
),
measured AS (
  SELECT
    d.point,
    p.customer_id,
    DATE_DIFF('day', MAX(p.purchase_date), MAX(d.scored_date)) AS recency,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount
  FROM points AS d
  JOIN purchases AS p
    ON p.purchase_date <= d.scored_date AND p.purchase_date > DATE_ADD('month', -:lookback_months, d.scored_date)
  GROUP BY d.point, p.customer_id
),
tiled AS (
  SELECT
    m.*,
    TILE_OF(
      ROW_NUMBER() OVER (PARTITION BY m.point ORDER BY m.amount DESC, m.customer_id),
      COUNT(*) OVER (PARTITION BY m.point),
      10
    ) AS tile
  FROM measured AS m
),
scored AS (
  SELECT
    t.point,
    t.customer_id,
    5 - CAST(CARDINALITY(FILTER(:r_borders, b -> t.recency >= b)) AS BIGINT) AS r,
    1 + CAST(CARDINALITY(FILTER(:f_borders, b -> t.orders > b)) AS BIGINT) AS f,
    1 + CAST(CARDINALITY(FILTER(:m_borders, b -> t.amount >= b)) AS BIGINT) AS m,
    MIN(t.tile) OVER (PARTITION BY t.point, t.amount) AS decile
  FROM tiled AS t
),
named AS (
  SELECT
    point,
    customer_id,
    CASE :cells
      WHEN 'decile' THEN 'D' || LPAD(CAST(decile AS VARCHAR), 2, '0')
      WHEN 'rf' THEN 'R' || CAST(r AS VARCHAR) || 'F' || CAST(f AS VARCHAR)
      ELSE 'R' || CAST(r AS VARCHAR) || 'F' || CAST(f AS VARCHAR) || 'M' || CAST(m AS VARCHAR)
    END AS cell,
    CASE :cells WHEN 'decile' THEN 0 ELSE r END AS neighbourhood
  FROM scored
),
responses AS (
  SELECT
    shipment_id,
    CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(margin) END AS margin
  FROM catalog_lines
  WHERE (:match = 'any_purchase' AND place = 1) OR (:match = 'listed_items' AND is_listed AND listed_place = 1)
  GROUP BY shipment_id
),
mailed AS (
  SELECT
    COALESCE(n.cell, '購入なし') AS cell,
    COALESCE(n.neighbourhood, 0) AS neighbourhood,
    r.shipment_id IS NOT NULL AS responded,
    r.margin
  FROM catalog_copies AS s
  JOIN chosen AS i ON i.catalog_id = s.catalog_id
  JOIN population AS c ON c.customer_id = s.customer_id
  LEFT JOIN named AS n ON n.point = s.catalog_id AND n.customer_id = s.customer_id
  LEFT JOIN responses AS r ON r.shipment_id = s.shipment_id
  WHERE NOT s.is_control AND NOT s.is_returned
),
economics AS (
  SELECT
    COALESCE(CAST(:margin_per_order AS DOUBLE), RATIO(SUM(margin), COUNT(margin))) AS margin,
    CAST(:cost_per_copy AS DOUBLE) AS cost
  FROM mailed
),
neighbours AS (
  SELECT neighbourhood, RATIO(COUNT_IF(responded), COUNT(*)) AS rate
  FROM mailed
  GROUP BY neighbourhood
),
past AS (
  SELECT
    m.cell,
    COUNT(*) AS copies,
    CASE
      WHEN COUNT(*) >= :min_cell THEN RATIO(COUNT_IF(m.responded), COUNT(*))
      ELSE RATIO(COUNT_IF(m.responded) + :min_cell * MAX(n.rate), COUNT(*) + :min_cell)
    END AS response_rate
  FROM mailed AS m
  JOIN neighbours AS n ON n.neighbourhood = m.neighbourhood
  GROUP BY m.cell
),
members_by_cell AS (
  SELECT COALESCE(n.cell, '購入なし') AS cell, c.customer_id
  FROM population AS c
  LEFT JOIN named AS n ON n.point = 'now' AND n.customer_id = c.customer_id
),
counted AS (
  SELECT cell, COUNT(*) AS members_now FROM members_by_cell GROUP BY cell
),
judged AS (
  SELECT
    COALESCE(p.cell, n.cell) AS cell,
    COALESCE(p.copies, 0) AS copies,
    p.response_rate,
    RATIO(e.cost, e.margin) AS breakeven_rate,
    p.response_rate * e.margin - e.cost AS profit_per_copy,
    COALESCE(n.members_now, 0) AS members_now
  FROM past AS p
  FULL JOIN counted AS n ON n.cell = p.cell
  CROSS JOIN economics AS e
),
members AS (
  SELECT m.cell, m.customer_id, COALESCE(j.profit_per_copy > 0, FALSE) AS mail
  FROM members_by_cell AS m
  JOIN judged AS j ON j.cell = m.cell
)
SELECT
  cell,
  copies,
  response_rate,
  breakeven_rate,
  RATIO(response_rate, breakeven_rate) - 1 AS index,
  CAST(profit_per_copy AS DECIMAL(18, 2)) AS profit_per_copy,
  COALESCE(profit_per_copy > 0, FALSE) AS mail,
  members_now,
  CAST(
    SUM(profit_per_copy * members_now) OVER (
      ORDER BY profit_per_copy DESC NULLS LAST, cell ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DECIMAL(18, 2)
  ) AS cum_profit,
  copies < :min_cell AS low_n
FROM judged
ORDER BY profit_per_copy DESC NULLS LAST, cell
