/*
id: clv_bgnbd
name: {ja: 予測LTV・生存確率分析, en: Predicted CLV and alive probability (BG/NBD)}
category: customer_purchase
origin: extension
tier: advanced
question:
  ja: まだ顧客でいてくれそうなのはだれか。これから何回買い、1人あたりいくらになりそうか。
  en: "Who is probably still a customer, how many more purchases will come, and what is each customer worth?"
method:
  ja: "顧客ごとに、x＝リピート回数（購入のあった日数 - 1）、t_x＝最終購入時の年齢、T＝基準日の年齢（いずれも初回購入からの週数）とする。無作為抽出した顧客から最尤法で r, alpha, a, b を推定し、全員を採点する。生存確率 P(alive) = 1/(1 + [x>0]*(a/(b+x-1))*((alpha+T)/(alpha+t_x))^(r+x))。1回あたりの金額は、x>0の顧客に当てはめたGamma-Gammaモデルによる。予測LTV＝割り引いた期待購入回数×期待単価×粗利率。"
  en: "Per customer x = repeat purchases (distinct days minus 1), t_x = age at last purchase, T = age at as_of, in weeks. Fit r, alpha, a, b by maximum likelihood on a random sample, then score all. P(alive) = 1/(1 + [x>0]*(a/(b+x-1))*((alpha+T)/(alpha+t_x))^(r+x)). Spend per order by Gamma-Gamma on customers with x>0. CLV = discounted expected orders x expected spend x margin rate."
parameter_groups: [asof, base, pur]
parameters:
- {name: horizon_weeks, type: int, default: 52, minimum: 1, maximum: 520, label_ja: 予測する週数, note: ""}
- {name: annual_discount, type: ratio, default: 0.10, minimum: 0, label_ja: 割引率(年), note: ""}
- {name: sample_size, type: int, default: 200000, minimum: 100, label_ja: 推定に使う人数, note: "drawn at random, the same every time; everybody is scored"}
- {name: holdout_weeks, type: int, default: 26, minimum: 0, label_ja: 検証する週数, note: "refit on older data and compare; 0 = no check"}
- {name: margin_rate, type: ratio, default: 1.0, minimum: 0, maximum: 1, label_ja: 粗利率, note: ""}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: a list is for contact}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: frequency, type: int, unit: times, label_ja: リピート回数}
- {name: recency_weeks, type: double, unit: count, label_ja: 最終購入時年齢(週)}
- {name: age_weeks, type: double, unit: count, label_ja: 観測年齢(週)}
- {name: p_alive, type: double, unit: probability, label_ja: 生存確率}
- {name: expected_orders, type: double, unit: orders, label_ja: 期待購入回数}
- {name: expected_spend, type: money, unit: JPY/order, label_ja: 期待単価}
- {name: clv, type: money, unit: JPY/person, label_ja: 予測LTV}
- {name: band, type: enum, unit: none, label_ja: 区分}
- {name: holdout_mae, type: double, unit: orders, label_ja: 検証誤差}
- {name: fit_params, type: list, unit: none, label_ja: 推定値}
charts:
- {kind: scatter, x: recency_weeks, y: frequency, color: p_alive}
- {kind: scatter, x: p_alive, y: clv, color: band}
- {kind: table}
cells:
- {name: history, keys: [customer_id, frequency, recency_weeks, age_weeks], customers: histories, becomes: {ja: "同じ購入履歴（リピート回数、最終購入時年齢、観測年齢）の顧客。生存確率はこれだけで決まる", en: "customers with these histories: p_alive depends on nothing else"}}
- {name: region, keys: [customer_id, frequency, recency_weeks, age_weeks, p_alive, expected_orders, expected_spend, clv, band], by_step: true, becomes: {ja: "生存確率と予測LTVの範囲。例：予測LTVが高く生存確率が0.5未満＝取り戻したい顧客", en: "a region of (p_alive, clv), for example high value with p_alive under 0.5: customers to win back"}}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, WD, SET]
notes:
- ja: "BG/NBDモデルでは最初のリピートより前に離脱することがないため、x = 0の生存確率は1になる（区分はリピート前）。"
  en: "BG/NBD lets nobody drop out before the first repeat, so p_alive is 1 for x = 0; the screen greys these out"
- ja: "定期の受注は除く（契約による購入のため）。"
  en: "subscription orders are excluded (contractual)"
- ja: "Gamma-Gammaモデルは購入回数と金額の無相関を前提とするため、両者の相関を示す。"
  en: "correlation of frequency and spend is printed, because Gamma-Gamma assumes none"
- ja: "購入は、購入のあった日を1回と数える。金額は、初日を除いた購入日の平均。"
  en: "a purchase is a day with purchases; spend is the mean of the days after the first one"
- ja: "推定値は、BG/NBDモデルの r, alpha, a, b（週単位）、Gamma-Gammaモデルの p, q, v、購入回数と金額の相関の順。"
  en: "fit_params are r, alpha, a, b of BG/NBD (weeks), p, q, v of Gamma-Gamma, and the correlation of frequency and spend"
- ja: "将来の購入は4週ごとに区切り、各区切りの終わりの時点で割り引く。"
  en: "orders to come are discounted in steps of four weeks, each at its end"
- ja: "区分は、生存確率0.8以上が生存、0.5以上が要注意、それ未満が離脱濃厚。リピートがなければリピート前。"
  en: "bands are 生存 from p_alive 0.8, 要注意 from 0.5, 離脱濃厚 below, リピート前 without a repeat"
- ja: "検証誤差は、「検証する週数」より前のデータから予測した、その期間の購入回数の平均絶対誤差。データが少なすぎる場合は空欄。"
  en: "holdout_mae is the mean error of the orders predicted for the last holdout_weeks from what came before; null where that is too little"
- ja: "生存確率、予測LTV、区分はSQLのあとで計算する。これらで選ぶセルは、同じ条件で推定と採点をやり直す。"
  en: "p_alive, clv and band are made after the SQL: a cell of them fits and scores again under the same parameters"
standard: "Fader, Hardie and Lee (2005), Marketing Science 24(2) 275-284 (BG/NBD); Fader, Hardie and Lee (2005), Journal of Marketing Research 42(4) 415-430 (Gamma-Gamma / CLV)."
step: clv
*/
WITH bought AS (
  SELECT p.customer_id, p.purchase_date, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE COALESCE(p.order_type, '') <> 'subscription'
  GROUP BY p.customer_id, p.purchase_date
),
dated AS (
  SELECT
    b.*,
    MIN(b.purchase_date) OVER (PARTITION BY b.customer_id) AS first_date,
    DATE_ADD('day', -7 * :holdout_weeks, :as_of) AS cut_date
  FROM bought AS b
),
histories AS (
  SELECT
    customer_id,
    COUNT(*) - 1 AS frequency,
    CAST(DATE_DIFF('day', first_date, MAX(purchase_date)) AS DOUBLE) / 7 AS recency_weeks,
    CAST(DATE_DIFF('day', first_date, :as_of) AS DOUBLE) / 7 AS age_weeks,
    AVG(CASE WHEN purchase_date > first_date THEN CAST(amount AS DOUBLE) END) AS spend,
    COUNT_IF(purchase_date <= cut_date) - 1 AS old_frequency,
    CAST(DATE_DIFF('day', first_date, MAX(CASE WHEN purchase_date <= cut_date THEN purchase_date END)) AS DOUBLE) / 7
      AS old_recency_weeks,
    CAST(DATE_DIFF('day', first_date, cut_date) AS DOUBLE) / 7 AS old_age_weeks,
    COUNT_IF(purchase_date > cut_date) AS later_orders
  FROM dated
  GROUP BY customer_id, first_date, cut_date
)
SELECT
  h.customer_id,
  h.frequency,
  h.recency_weeks,
  h.age_weeks,
  h.spend,
  h.old_frequency,
  h.old_recency_weeks,
  h.old_age_weeks,
  h.later_orders
FROM histories AS h
ORDER BY h.customer_id
