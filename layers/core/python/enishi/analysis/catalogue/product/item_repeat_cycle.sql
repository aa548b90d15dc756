/*
id: item_repeat_cycle
name: {ja: 商品別リピート周期分析, en: Repeat cycle per item}
category: product
origin: extension
tier: core
question:
  ja: 同じ商品は何日後に買い足されるか。補充のお知らせはいつ送るのがよいか。
  en: "After how many days is an item usually bought again, so when should a refill mail go out?"
method:
  ja: "同じ顧客による同じ商品の購入間隔の日数（「1個あたりにする」ときは買った数量で割る）。Kaplan–Meier法による中央値と四分位点、平滑化したハザードのピーク日。"
  en: "Days between purchases of the same item by the same customer, divided by the quantity bought when per_unit; Kaplan-Meier median and quartiles; peak day of the smoothed hazard."
parameter_groups: [period, base, pur, top]
parameters:
- {name: level, type: "enum(product,parent,category_l3)", default: parent, label_ja: 商品の単位, note: "parent = the style that groups SKUs"}
- {name: per_unit, type: bool, default: true, label_ja: 1個あたりにする, note: "two bought at once last twice as long"}
- {name: max_days, type: int, default: 730, minimum: 1, label_ja: 最大日数, note: ""}
- {name: min_gaps, type: int, default: 50, minimum: 1, label_ja: 最少間隔件数, note: ""}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: repeaters, type: int, unit: people, label_ja: リピーター数}
- {name: gaps, type: int, unit: count, label_ja: 間隔件数}
- {name: days_p25, type: double, unit: days, label_ja: "25%点", of: gaps}
- {name: days_median, type: double, unit: days, label_ja: 中央値, of: gaps}
- {name: days_p75, type: double, unit: days, label_ja: "75%点", of: gaps}
- {name: peak_day, type: int, unit: days, label_ja: ピーク日, of: gaps}
- {name: expected_cycle, type: int, unit: days, label_ja: マスタ想定日数}
- {name: difference, type: int, unit: days, label_ja: 差}
- {name: mail_day, type: int, unit: days, label_ja: 配信目安日}
charts:
- {kind: box, x: item, y: [days_p25, days_median, days_p75]}
- {kind: bar, x: item, y: mail_day, title_ja: 配信目安日}
- {kind: table}
cells:
- {name: item, keys: [item], customers: in_peak_window, products: item_products, becomes: {ja: "その商品の最終購入がピーク日±7日前に当たる顧客。商品はその商品", en: "customers whose last purchase of it is peak_day +- 7 days ago; products = the item"}}
- {name: gap, keys: [item, days], types: {days: int}, customers: repeated, products: item_products, becomes: {ja: "その日数の後に再びその商品を買った顧客", en: "customers who bought it again after that many days"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SMALL, SET]
notes:
- ja: "配信目安日＝25%点−3日（1日以上）。"
  en: "mail_day = days_p25 minus 3, at least 1"
- ja: "耐久品には買い替えサイクル分析を使う。マスタ想定日数が「最大日数」を超える商品は除く。"
  en: "durable goods use replacement_cycle instead; what the master expects to last longer than max_days is left out"
- ja: "再び買っていない顧客は、基準日または「最大日数」まで観測する。そこまでの割合に達しない四分位点は値なし。"
  en: "a customer who has not bought again is observed up to as_of, or max_days; a quartile that so many never reach is null"
- ja: "1日に買ったものは、まとめて1回の購入とする。1個あたりの日数は整数に丸め、1日以上とする。"
  en: "all that is bought on one day is one purchase; days per unit are rounded to whole days, at least 1"
- ja: "ピーク日＝7日分のハザードの合計が最も高い日。全購入の10分の1以上がまだ再購入を待っている日に限り、同じなら最初の日とする。"
  en: "peak_day: the hazard summed over 7 days is highest, among days on which a tenth of all purchases are still open; of equals the first"
- ja: "顧客のピークの時期は、最後に買った数量の分で数える。最後の購入は集計期間の外でもよい。"
  en: "the peak window of a customer is counted for the quantity bought last, in the period or not"
- ja: "集計期間は2回の購入のうち先の購入の期間。間隔件数の順に「表示件数」までの商品を残す。分位点の残りは合計にならない。"
  en: "the period holds the earlier of two purchases; the top_n items by gaps are kept, quantiles do not add up to a rest"
standard: Kaplan and Meier (1958).
*/
WITH bought AS (
  SELECT
    d.*,
    LEAD(d.purchase_date) OVER (PARTITION BY d.customer_id, d.item ORDER BY d.purchase_date) AS next_date
  FROM item_days AS d
),
-- Each purchase until the next of the same item, or as far as it could be followed.
waits AS (
  SELECT
    b.customer_id,
    b.item,
    b.next_date IS NOT NULL AS is_repeated,
    DATE_DIFF('day', b.purchase_date, COALESCE(b.next_date, :as_of)) AS waited,
    CASE WHEN :per_unit THEN b.quantity ELSE 1 END AS units
  FROM bought AS b
  WHERE b.purchase_date BETWEEN :period_start AND :period_end
),
followed AS (
  SELECT w.*, GREATEST(1, CAST(ROUND(RATIO(w.waited, w.units)) AS BIGINT)) AS days
  FROM waits AS w
),
limited AS (
  SELECT customer_id, item, LEAST(days, :max_days) AS days, is_repeated AND days <= :max_days AS is_repeated
  FROM followed
),
repeated AS (
  SELECT * FROM limited WHERE is_repeated
),
at_day AS (
  SELECT item, days, COUNT_IF(is_repeated) AS repeats, COUNT(*) AS ends
  FROM limited
  GROUP BY item, days
),
at_risk AS (
  SELECT
    a.*,
    SUM(a.ends) OVER (PARTITION BY a.item ORDER BY a.days DESC) AS open_purchases,
    SUM(a.ends) OVER (PARTITION BY a.item) AS all_purchases
  FROM at_day AS a
),
hazards AS (
  SELECT
    r.*,
    SUM(RATIO(r.repeats, r.open_purchases)) OVER (
      PARTITION BY r.item ORDER BY r.days RANGE BETWEEN 3 PRECEDING AND 3 FOLLOWING
    ) AS week_hazard,
    CASE
      WHEN COUNT_IF(r.repeats = r.open_purchases) OVER (PARTITION BY r.item ORDER BY r.days) > 0 THEN CAST(0 AS DOUBLE)
      ELSE EXP(
        SUM(LN(1 - CASE WHEN r.repeats = r.open_purchases THEN 0 ELSE RATIO(r.repeats, r.open_purchases) END))
          OVER (PARTITION BY r.item ORDER BY r.days)
      )
    END AS still_open
  FROM at_risk AS r
),
-- The share that is still open is rounded to nine places: thirds and quarters must meet their border exactly.
quartiles AS (
  SELECT
    item,
    MIN(CASE WHEN ROUND(still_open, 9) <= 0.75 THEN days END) AS days_p25,
    MIN(CASE WHEN ROUND(still_open, 9) <= 0.5 THEN days END) AS days_median,
    MIN(CASE WHEN ROUND(still_open, 9) <= 0.25 THEN days END) AS days_p75
  FROM hazards
  GROUP BY item
),
peaks AS (
  SELECT item, MIN(days) AS peak_day
  FROM (
    SELECT
      item,
      days,
      ROUND(week_hazard, 9) AS week_hazard,
      MAX(ROUND(week_hazard, 9)) OVER (PARTITION BY item) AS highest
    FROM hazards
    WHERE repeats > 0 AND open_purchases * 10 >= all_purchases
  ) AS days_with_repeats
  WHERE week_hazard = highest
  GROUP BY item
),
counts AS (
  SELECT item, COUNT(DISTINCT customer_id) AS repeaters, COUNT(*) AS gaps
  FROM repeated
  GROUP BY item
),
expectations AS (
  SELECT i.item, CAST(ROUND(AVG(CAST(d.expected_cycle_days AS DOUBLE))) AS BIGINT) AS expected_cycle
  FROM items AS i
  JOIN products AS d ON d.product_id = i.product_id
  GROUP BY i.item
),
kept AS (
  SELECT c.*, e.expected_cycle, ROW_NUMBER() OVER (ORDER BY c.gaps DESC, c.repeaters DESC, c.item) AS place
  FROM counts AS c
  JOIN expectations AS e ON e.item = c.item
  WHERE c.gaps >= :min_gaps AND COALESCE(e.expected_cycle, 0) <= :max_days
),
-- Last purchases of the item, in the period or not: the period says from which gaps the peak is taken.
in_peak_window AS (
  SELECT b.item, b.customer_id
  FROM bought AS b
  JOIN peaks AS p ON p.item = b.item
  JOIN kept AS k ON k.item = b.item
  WHERE
    b.next_date IS NULL
    AND DATE_DIFF('day', b.purchase_date, :as_of)
      BETWEEN p.peak_day * CASE WHEN :per_unit THEN b.quantity ELSE 1 END - 7
      AND p.peak_day * CASE WHEN :per_unit THEN b.quantity ELSE 1 END + 7
),
item_products AS (
  SELECT c.item, c.days, i.product_id
  FROM (SELECT DISTINCT item, days FROM repeated) AS c
  JOIN items AS i ON i.item = c.item
)
SELECT
  k.item,
  k.repeaters,
  k.gaps,
  CAST(q.days_p25 AS DOUBLE) AS days_p25,
  CAST(q.days_median AS DOUBLE) AS days_median,
  CAST(q.days_p75 AS DOUBLE) AS days_p75,
  p.peak_day,
  k.expected_cycle,
  q.days_median - k.expected_cycle AS difference,
  GREATEST(q.days_p25 - 3, 1) AS mail_day
FROM kept AS k
JOIN quartiles AS q ON q.item = k.item
LEFT JOIN peaks AS p ON p.item = k.item
WHERE k.place <= :top_n
ORDER BY k.place
