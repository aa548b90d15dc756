/*
id: store_switching
name: {ja: 店舗併用・移動分析, en: Use of several stores}
category: store
origin: extension
tier: standard
question:
  ja: 顧客はどの店舗からどの店舗へ移り、どの店舗がどこに客を取られているか。
  en: "Between which stores do customers move, and which store loses to which?"
method:
  ja: "2つの期間のメイン店舗による、前期店舗→当期店舗の表と純移動。"
  en: "Main store of two periods: from-to matrix and net flow."
parameter_groups: [base, pur]
parameters:
- {name: from_start, type: date, default: as_of - 24 months, label_ja: 前期開始日, note: ""}
- {name: split_date, type: date, default: as_of - 12 months, label_ja: 当期開始日, note: "the earlier period ends the day before, the later one at as_of"}
columns:
- {name: from_store, type: string, unit: none, label_ja: 前期店舗}
- {name: to_store, type: string, unit: none, label_ja: 当期店舗}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: amount, type: money, unit: JPY, label_ja: 移動金額}
- {name: net_flow, type: int, unit: people, label_ja: 純移動}
- {name: multi_store_rate, type: ratio, unit: ratio, label_ja: 併用率, of: customers}
charts:
- {kind: sankey, source: from_store, target: to_store, y: customers}
- {kind: heatmap, x: to_store, y: from_store, color: customers}
- {kind: table}
cells:
- {name: cell, keys: [from_store, to_store], customers: moved, becomes: {ja: "移った顧客", en: "customers who moved"}}
rules: [TZ, PUR, RET, GUEST, MERGE, TIE, SMALL, SET]
notes:
- ja: "メイン店舗＝期間内の購入が最も多い店舗。同数なら最後に買った店舗、それも同じなら店舗IDの小さい方。店舗とアウトレットだけ。"
  en: "main store = most purchases in the period; equal counts: the one bought in last, then the smaller id; shops and outlets only"
- ja: "「店舗購入なし」は、店舗での購入がない期間。どちらの期間にもない人は、どの行にも入らない。"
  en: "店舗購入なし stands for a period without a store purchase; who had none in both is in no row"
- ja: "移動金額は、これらの顧客が当期に当期店舗で使った額（「店舗購入なし」に移ったときは、前期に前期店舗で使った額）。"
  en: "amount is what these customers spent in to_store in the later period (for 店舗購入なし: what they had spent in from_store before)"
- ja: "純移動＝このセルの人数−逆向きのセルの人数。併用率：当期に2つ以上の店舗で買った割合。"
  en: "net_flow = customers of this cell less those of the opposite one; multi_store_rate: bought in more than one store in the later period"
*/
WITH bought AS (
  SELECT p.customer_id, p.store_id, p.purchase_date >= :split_date AS is_later, p.purchase_at, p.amount
  FROM purchases AS p
  JOIN store_labels AS l ON l.store_id = p.store_id AND l.is_shop
  WHERE p.purchase_date BETWEEN :from_start AND :as_of
),
visited AS (
  SELECT
    customer_id,
    is_later,
    store_id,
    SUM(amount) AS amount,
    COUNT(*) OVER (PARTITION BY customer_id, is_later) AS stores,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id, is_later
      ORDER BY COUNT(*) DESC, MAX(purchase_at) DESC, store_id
    ) AS place
  FROM bought
  GROUP BY customer_id, is_later, store_id
),
mains AS (
  SELECT
    customer_id,
    MAX(CASE WHEN NOT is_later THEN store_id END) AS from_id,
    MAX(CASE WHEN is_later THEN store_id END) AS to_id,
    SUM(CASE WHEN NOT is_later THEN amount ELSE 0 END) AS amount_before,
    SUM(CASE WHEN is_later THEN amount ELSE 0 END) AS amount_after,
    MAX(CASE WHEN is_later THEN stores ELSE 0 END) > 1 AS in_several
  FROM visited
  WHERE place = 1
  GROUP BY customer_id
),
moved AS (
  SELECT
    m.customer_id,
    COALESCE(m.from_id, '') AS from_id,
    COALESCE(m.to_id, '') AS to_id,
    COALESCE(f.store, '店舗購入なし') AS from_store,
    COALESCE(t.store, '店舗購入なし') AS to_store,
    CASE WHEN m.to_id IS NULL THEN m.amount_before ELSE m.amount_after END AS amount,
    m.in_several
  FROM mains AS m
  LEFT JOIN store_labels AS f ON f.store_id = m.from_id
  LEFT JOIN store_labels AS t ON t.store_id = m.to_id
),
cells AS (
  SELECT
    from_id,
    to_id,
    from_store,
    to_store,
    COUNT(*) AS customers,
    SUM(amount) AS amount,
    COUNT_IF(in_several) AS in_several
  FROM moved
  GROUP BY from_id, to_id, from_store, to_store
)
SELECT
  c.from_store,
  c.to_store,
  c.customers,
  c.amount,
  c.customers - COALESCE(o.customers, 0) AS net_flow,
  CASE WHEN c.to_id <> '' THEN RATIO(c.in_several, c.customers) END AS multi_store_rate
FROM cells AS c
LEFT JOIN cells AS o ON o.from_id = c.to_id AND o.to_id = c.from_id
ORDER BY c.from_id = '', c.from_id, c.to_id = '', c.to_id
