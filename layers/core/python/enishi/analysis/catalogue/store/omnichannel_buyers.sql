/*
id: omnichannel_buyers
name: {ja: オムニチャネル購入者分析, en: Omni-channel buyers}
category: store
origin: extension
tier: core
question:
  ja: 店舗とECの両方で買う顧客は何人いて、比率は伸びているか。片方だけの顧客より、どれだけ価値が高いか。
  en: "How many customers buy in both store and EC, how is the share growing, and how much more are they worth?"
method:
  ja: "期間ごとの、2つ以上のチャネルで買う購買者の割合。チャネル組合せごとの金額、頻度、継続率。初回購入からの期間、最初の1年の金額、地域を揃えた単一チャネル顧客に対する差。"
  en: "Share of buyers with two or more channels per period; value, frequency and retention per channel set; uplift against single-channel customers matched on time since the first purchase, first-year amount and area."
parameter_groups: [period, base, pur, grain, stat]
parameters:
- {name: window_months, type: int, default: 12, minimum: 1, label_ja: 集計月数, note: "up to the end of each bucket"}
- {name: match, type: bool, default: true, label_ja: 似た顧客と比べる, note: ""}
- {name: channel_groups, type: list, default: "store,ec+app,phone+catalog", label_ja: チャネルのまとまり, note: "channels with + between them are one; others are その他"}
columns:
- {name: bucket, type: month, unit: months, label_ja: 期間}
- {name: channel_set, type: string, unit: none, label_ja: チャネル組合せ}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: orders_per_customer, type: double, unit: count/person, label_ja: 平均回数}
- {name: retention, type: ratio, unit: ratio, label_ja: 継続率}
- {name: uplift_raw, type: ratio, unit: ratio, label_ja: 単純差}
- {name: uplift_matched, type: ratio, unit: ratio, label_ja: 調整後差}
- {name: ci_low, type: ratio, unit: ratio, label_ja: 下限}
- {name: ci_high, type: ratio, unit: ratio, label_ja: 上限}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: line, title_ja: チャネル組合せ別の構成比, x: bucket, y: share, color: channel_set}
- {kind: line, title_ja: 似た単一チャネル顧客との差, x: bucket, y: uplift_matched, color: channel_set}
- {kind: bar, x: channel_set, y: amount_per_customer, color: bucket}
- {kind: table}
cells:
- {name: channel_set, keys: [bucket, channel_set], types: {bucket: date}, customers: current, becomes: {ja: "このチャネル組合せの顧客", en: "customers with these channels"}}
- {name: twins, keys: [bucket, twin_of], types: {bucket: date, twin_of: string}, customers: twins, becomes: {ja: "これらの顧客に対応する、単一チャネルの似た顧客＝最も有望な対象", en: "matched single-channel twins of these customers => best targets"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "よく買う人ほど2つのチャネルを使う機会が多い。引用するのは調整後差だけとする。"
  en: "frequent buyers get more chances to use two channels; only the matched figure should be quoted"
- ja: "各期間は、その終わりまでの「集計月数」の購入を見る（進行中の期間は、分かっている最後の日まで）。期間どうしは重なる。"
  en: "each bucket looks at the purchases of the window_months up to its end (an open one up to the last day known); buckets overlap"
- ja: "継続率：一つ前の「集計月数」にこのチャネル組合せだった顧客のうち、今回の「集計月数」に購入した割合。"
  en: "retention: of those who had these channels in the window before, the share who bought in this one"
- ja: "差：1人あたりの金額の、単一チャネル顧客に対する比−1。調整後差は、同じ都道府県、初回購入から集計月数の始まりまでの半年単位の期間（4年以上は1つ）、集計月数より前の最初の1年に使った金額の帯（10の累乗の4分の1刻み）の顧客どうしを比べ、複数チャネル顧客の構成で重み付けする。比べる相手のいない人と、集計月数の中で初めて買った人は除く。"
  en: "uplift: amount a customer against single-channel customers, less 1. uplift_matched compares customers of the same prefecture, half-years from the first purchase to the window (four years and more are one), and band of what they spent in the first year before the window (a quarter of a power of ten), weighted as the multi-channel customers are; who has no twin, or first bought in the window, is left out"
- ja: "区間は、調整後差の正規近似によるもので、比べる相手の平均で割る。"
  en: "the interval is that of the matched difference by the normal approximation, over the twins' mean"
standard: "Matching on observed covariates (coarsened exact matching, Iacus, King and Porro 2012)."
*/
WITH buckets AS (
  SELECT
    GRAIN_OF(d.day) AS bucket,
    MAX(d.day) AS last_day,
    DATE_ADD('month', -:window_months, DATE_ADD('day', 1, MAX(d.day))) AS first_day,
    DATE_ADD('month', -2 * :window_months, DATE_ADD('day', 1, MAX(d.day))) AS before_day
  FROM UNNEST(SEQUENCE(:period_start, LEAST(:period_end, :as_of), INTERVAL '1' DAY)) AS d(day)
  GROUP BY GRAIN_OF(d.day)
),
grouped_channels AS (
  SELECT g.name, c.channel
  FROM UNNEST(:channel_groups) AS g(name)
  CROSS JOIN UNNEST(SPLIT(g.name, '+')) AS c(channel)
),
-- A way has a bit, so that the ways of a customer are one number; channels of no group are the highest.
ways AS (
  SELECT c.channel, w.way, w.bit
  FROM grouped_channels AS c
  JOIN (
    SELECT
      name,
      ARRAY_JOIN(ARRAY_AGG(CHANNEL_WORD(channel) ORDER BY CHANNEL_WORD(channel)), '/') AS way,
      CAST(POWER(2, ROW_NUMBER() OVER (ORDER BY name) - 1) AS BIGINT) AS bit
    FROM grouped_channels
    GROUP BY name
  ) AS w ON w.name = c.name
),
other_way AS (
  SELECT COALESCE(MAX(bit) * 2, 1) AS bit FROM ways
),
way_bits AS (
  SELECT DISTINCT way, bit FROM ways
  UNION ALL
  SELECT :other, bit FROM other_way
),
-- What a customer bought in a window, and by which ways in the one before.
windowed AS (
  SELECT
    b.bucket,
    p.customer_id,
    BITWISE_OR_AGG(CASE WHEN p.purchase_date >= b.first_day THEN COALESCE(w.bit, o.bit) END) AS bits,
    BITWISE_OR_AGG(CASE WHEN p.purchase_date < b.first_day THEN COALESCE(w.bit, o.bit) END) AS bits_before,
    COUNT_IF(p.purchase_date >= b.first_day) AS orders,
    SUM(CASE WHEN p.purchase_date >= b.first_day THEN p.amount END) AS amount
  FROM buckets AS b
  JOIN purchases AS p ON p.purchase_date >= b.before_day AND p.purchase_date <= b.last_day
  CROSS JOIN other_way AS o
  LEFT JOIN ways AS w ON w.channel = p.channel
  GROUP BY b.bucket, p.customer_id
),
channel_sets AS (
  SELECT
    k.bits,
    ARRAY_JOIN(ARRAY_AGG(w.way ORDER BY w.way), ' + ') AS channel_set,
    COUNT(*) > 1 AS is_multi
  FROM (SELECT bits FROM windowed UNION SELECT bits_before FROM windowed) AS k
  JOIN way_bits AS w ON k.bits / w.bit % 2 = 1
  GROUP BY k.bits
),
current AS (
  SELECT c.bucket, c.customer_id, k.channel_set, k.is_multi, c.orders, c.amount
  FROM windowed AS c
  JOIN channel_sets AS k ON k.bits = c.bits
),
kept AS (
  SELECT e.bucket, k.channel_set, e.customers, RATIO(e.kept, e.customers) AS retention
  FROM (
    SELECT bucket, bits_before, COUNT(*) AS customers, COUNT(bits) AS kept
    FROM windowed
    WHERE bits_before IS NOT NULL
    GROUP BY bucket, bits_before
  ) AS e
  JOIN channel_sets AS k ON k.bits = e.bits_before
),
early_purchases AS (
  SELECT p.customer_id, f.first_date, p.purchase_date, p.amount
  FROM purchases AS p
  JOIN (SELECT customer_id, MIN(purchase_date) AS first_date FROM purchases GROUP BY customer_id) AS f
    ON f.customer_id = p.customer_id
  WHERE :match AND p.purchase_date < DATE_ADD('month', 12, f.first_date)
),
-- What a customer had spent in her first year when the window began.
first_years AS (
  SELECT
    b.bucket,
    p.customer_id,
    LEAST(DATE_DIFF('month', MIN(p.first_date), MIN(b.first_day)) / 6, 8) AS half_years,
    AMOUNT_BAND_OF(SUM(p.amount)) AS band
  FROM buckets AS b
  JOIN early_purchases AS p ON p.purchase_date < b.first_day
  GROUP BY b.bucket, p.customer_id
),
comparable AS (
  SELECT
    c.bucket,
    c.channel_set,
    c.is_multi,
    c.customer_id,
    CAST(c.amount AS DOUBLE) AS amount,
    COALESCE(m.prefecture, '') AS area,
    f.half_years,
    COALESCE(f.band, -1) AS band
  FROM current AS c
  JOIN population AS m ON m.customer_id = c.customer_id
  JOIN first_years AS f ON f.bucket = c.bucket AND f.customer_id = c.customer_id
),
strata AS (
  SELECT
    bucket,
    area,
    half_years,
    band,
    is_multi,
    CASE WHEN is_multi THEN channel_set END AS channel_set,
    COUNT(*) AS customers,
    AVG(amount) AS mean,
    COALESCE(VAR_SAMP(amount), 0e0) AS variance
  FROM comparable
  GROUP BY bucket, area, half_years, band, is_multi, CASE WHEN is_multi THEN channel_set END
),
matched AS (
  SELECT
    t.bucket,
    t.channel_set,
    SUM(t.customers) AS customers,
    SUM(s.customers) AS twins,
    SUM(t.customers * s.mean) AS expected,
    SUM(t.customers * (t.mean - s.mean)) AS difference,
    SQRT(SUM(t.customers * t.customers * (t.variance / t.customers + s.variance / s.customers))) AS error
  FROM strata AS t
  JOIN strata AS s ON s.bucket = t.bucket AND s.area = t.area AND s.half_years = t.half_years AND s.band = t.band
  WHERE t.is_multi AND NOT s.is_multi
  GROUP BY t.bucket, t.channel_set
),
twins AS (
  SELECT DISTINCT s.bucket, t.channel_set AS twin_of, s.customer_id
  FROM strata AS t
  JOIN comparable AS s ON s.bucket = t.bucket AND s.area = t.area AND s.half_years = t.half_years AND s.band = t.band
  WHERE t.is_multi AND NOT s.is_multi
),
sets AS (
  SELECT bucket, channel_set, is_multi, COUNT(*) AS customers, SUM(orders) AS orders, SUM(amount) AS amount
  FROM current
  GROUP BY bucket, channel_set, is_multi
),
compared AS (
  SELECT
    s.*,
    SUM(s.customers) OVER (PARTITION BY s.bucket) AS all_customers,
    SUM(CASE WHEN NOT s.is_multi THEN s.customers END) OVER (PARTITION BY s.bucket) AS single_customers,
    RATIO(s.customers, SUM(s.customers) OVER (PARTITION BY s.bucket)) AS share,
    RATIO(
      SUM(CASE WHEN NOT s.is_multi THEN s.amount END) OVER (PARTITION BY s.bucket),
      SUM(CASE WHEN NOT s.is_multi THEN s.customers END) OVER (PARTITION BY s.bucket)
    ) AS single_amount
  FROM sets AS s
)
SELECT
  c.bucket,
  c.channel_set,
  c.customers,
  c.share,
  CAST(RATIO(c.amount, c.customers) AS DECIMAL(18, 2)) AS amount_per_customer,
  RATIO(c.orders, c.customers) AS orders_per_customer,
  k.retention,
  CASE WHEN c.is_multi THEN RATIO(RATIO(c.amount, c.customers), c.single_amount) - 1 END AS uplift_raw,
  RATIO(m.difference, m.expected) AS uplift_matched,
  RATIO(m.difference - :z * m.error, m.expected) AS ci_low,
  RATIO(m.difference + :z * m.error, m.expected) AS ci_high,
  c.all_customers < :min_cell
    OR COALESCE(k.customers < :min_cell, FALSE)
    OR COALESCE(c.is_multi AND c.single_amount <> 0 AND LEAST(c.customers, c.single_customers) < :min_cell, FALSE)
    OR COALESCE(m.expected <> 0 AND LEAST(m.customers, m.twins) < :min_cell, FALSE) AS low_n
FROM compared AS c
LEFT JOIN kept AS k ON k.bucket = c.bucket AND k.channel_set = c.channel_set
LEFT JOIN matched AS m ON m.bucket = c.bucket AND m.channel_set = c.channel_set
ORDER BY c.bucket, c.customers DESC, c.channel_set
