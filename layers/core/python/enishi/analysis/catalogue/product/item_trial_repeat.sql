/*
id: item_trial_repeat
name: {ja: 商品別トライアル・リピート分析, en: Trial and repeat per item}
category: product
origin: extension
tier: standard
question:
  ja: その商品を試した人・もう一度買った人は何人で、何回買うか。売上は新規の試し買いとリピートのどちらが支えているか。
  en: "How many try an item, how many buy it again, how often, and is the sale carried by trial or repeat?"
method:
  ja: "トライアル＝顧客によるその商品の初めての購入。期間内のリピート率、リピーター1人あたりのリピート回数、トライアルとリピートに分けた売上を商品ごとに出す。"
  en: "Trial = first purchase of the item by a customer; repeat rate within window; repeats per repeater; sales split in trial and repeat, per item."
parameter_groups: [period, base, pur, top]
parameters:
- {name: window_days, type: int, default: 180, minimum: 1, label_ja: リピート期間(日), note: ""}
- {name: level, type: "enum(product,parent,category_l3)", default: parent, label_ja: 商品の単位, note: "parent = the style that groups SKUs"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "triers whose window has passed, or customers active in the category, under which low_n is set"}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: triers, type: int, unit: people, label_ja: トライアル人数}
- {name: trial_rate, type: ratio, unit: ratio, label_ja: トライアル率}
- {name: repeaters, type: int, unit: people, label_ja: リピート人数}
- {name: repeat_rate, type: ratio, unit: ratio, label_ja: リピート率}
- {name: repeats_per_repeater, type: double, unit: times, label_ja: 平均リピート回数}
- {name: trial_amount, type: money, unit: JPY, label_ja: トライアル売上}
- {name: repeat_amount, type: money, unit: JPY, label_ja: リピート売上}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: scatter, x: trial_rate, y: repeat_rate, size: triers}
- {kind: bar, x: item, y: [trial_amount]}
- {kind: table}
cells:
- {name: waiting, keys: [item], customers: past_cycle, products: item_products, becomes: {ja: "試したが再び買っておらず、ふだんの周期を過ぎた顧客。商品はその商品", en: "tried, not repeated: customers past the usual cycle; products = the item"}}
- {name: tried, keys: [item, trial_date, repeats], types: {trial_date: date, repeats: int}, customers: trials, products: tried_products, becomes: {ja: "トライアルの日と、期間内のリピート回数別の顧客", en: "customers by the day of their trial and the number of repeats in the window"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, DIV0, SMALL, SET]
notes:
- ja: "トライアル率は、そのカテゴリで購入のあった顧客に対する割合。"
  en: "trial rate is over customers active in the category"
- ja: "集計期間はトライアル（顧客の生涯でその商品の最初の購入）の期間。1日に買ったものは、まとめて1回の購入とする。"
  en: "the period holds the trial, the first purchase of the item in the customer's life; all that is bought on one day is one purchase"
- ja: "リピート人数、リピート率、平均リピート回数は、基準日までに「リピート期間(日)」がすべて過ぎた人だけを数える。誰も過ぎていなければリピート率は値なし。"
  en: "repeaters, the repeat rate and repeats per repeater count only triers whose whole window has passed by as_of; the rate is null while nobody's has"
- ja: "トライアル売上とリピート売上は、集計期間の会員へのその商品の全売上を、トライアルの日とその後に分けたもの。"
  en: "trial_amount and repeat_amount are all sales of the item to members in the period, on the day of their trial and later"
- ja: "ふだんの周期＝2回目の購入までの日数の中央値。セルは、集計期間のトライアルのあと、それより長く経っても再び買っていない顧客。"
  en: "usual cycle = the median days to the second purchase; the cell holds triers of the period who have waited longer and have not repeated"
- ja: "カテゴリで購入のあった顧客＝集計期間に同じ小カテゴリの何かを買った顧客。トライアル人数の順に「表示件数」までの商品を残す。複数の商品に入る人がいるので、残りは合計にならない。"
  en: "active in the category = bought something of the same smallest category in the period; the top_n items by triers are kept, people of several items do not add up to a rest"
standard: "Parfitt and Collins (1968) decomposition into trial, repeat and buying rate."
*/
WITH placed AS (
  SELECT
    d.customer_id,
    d.item,
    d.purchase_date,
    d.amount,
    MIN(d.purchase_date) OVER (PARTITION BY d.customer_id, d.item) AS trial_date,
    LEAD(d.purchase_date) OVER (PARTITION BY d.customer_id, d.item ORDER BY d.purchase_date) AS next_date
  FROM item_days AS d
),
trials AS (
  SELECT
    p.item,
    p.customer_id,
    p.trial_date,
    p.trial_date <= DATE_ADD('day', -:window_days, :as_of) AS is_observed,
    COUNT_IF(
      p.purchase_date > p.trial_date AND p.purchase_date <= DATE_ADD('day', :window_days, p.trial_date)
    ) AS repeats,
    COUNT_IF(p.purchase_date > p.trial_date) AS later_days
  FROM placed AS p
  WHERE p.trial_date BETWEEN :period_start AND :period_end
  GROUP BY p.item, p.customer_id, p.trial_date
),
tried_products AS (
  SELECT t.item, t.trial_date, t.repeats, i.product_id
  FROM (SELECT DISTINCT item, trial_date, repeats FROM trials) AS t
  JOIN items AS i ON i.item = t.item
),
item_products AS (
  SELECT item, product_id FROM items
),
cycles AS (
  SELECT item, QUANTILE_OF(DATE_DIFF('day', purchase_date, next_date), 0.5) AS days
  FROM placed
  WHERE purchase_date = trial_date AND next_date IS NOT NULL
  GROUP BY item
),
past_cycle AS (
  SELECT t.item, t.customer_id
  FROM trials AS t
  JOIN cycles AS c ON c.item = t.item
  WHERE t.later_days = 0 AND DATE_DIFF('day', t.trial_date, :as_of) > c.days
),
item_categories AS (
  SELECT DISTINCT i.item, d.category_l3
  FROM items AS i
  JOIN products AS d ON d.product_id = i.product_id
  WHERE d.category_l3 IS NOT NULL
),
category_customers AS (
  SELECT DISTINCT l.category_l3, l.customer_id
  FROM purchase_lines AS l
  WHERE l.quantity > 0 AND l.purchase_date BETWEEN :period_start AND :period_end
),
active AS (
  SELECT i.item, COUNT(DISTINCT c.customer_id) AS customers
  FROM item_categories AS i
  JOIN category_customers AS c ON c.category_l3 = i.category_l3
  GROUP BY i.item
),
people AS (
  SELECT
    item,
    COUNT(*) AS triers,
    COUNT_IF(is_observed) AS observed,
    COUNT_IF(is_observed AND repeats > 0) AS repeaters,
    SUM(CASE WHEN is_observed THEN repeats ELSE 0 END) AS repeats
  FROM trials
  GROUP BY item
),
money AS (
  SELECT
    item,
    SUM(CASE WHEN purchase_date = trial_date THEN amount ELSE 0 END) AS trial_amount,
    SUM(CASE WHEN purchase_date > trial_date THEN amount ELSE 0 END) AS repeat_amount
  FROM placed
  WHERE purchase_date BETWEEN :period_start AND :period_end
  GROUP BY item
),
kept AS (
  SELECT
    p.*,
    m.trial_amount,
    m.repeat_amount,
    ROW_NUMBER() OVER (ORDER BY p.triers DESC, m.trial_amount DESC, p.item) AS place
  FROM people AS p
  JOIN money AS m ON m.item = p.item
)
SELECT
  k.item,
  k.triers,
  RATIO(k.triers, a.customers) AS trial_rate,
  k.repeaters,
  RATIO(k.repeaters, k.observed) AS repeat_rate,
  RATIO(k.repeats, k.repeaters) AS repeats_per_repeater,
  k.trial_amount,
  k.repeat_amount,
  k.observed BETWEEN 1 AND :min_cell - 1 OR COALESCE(a.customers < :min_cell, FALSE) AS low_n
FROM kept AS k
LEFT JOIN active AS a ON a.item = k.item
WHERE k.place <= :top_n
ORDER BY k.place
