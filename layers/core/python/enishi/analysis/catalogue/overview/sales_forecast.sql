/*
id: sales_forecast
name: {ja: 売上着地予測, en: Sales outlook}
category: overview
origin: extension
tier: advanced
question:
  ja: 傾向・季節・曜日の並びから見て、今月と来月の売上はどこに着地するか。
  en: "Where will this month and the next land, given trend, season and calendar?"
method:
  ja: "季節ナイーブ+ドリフトを基準、Holt-Wintersを対抗とし、直近の「検証する期間数」での誤差が小さい方を採用する。予測の幅は検証での誤差による。"
  en: "Seasonal naive with drift as the base line and Holt-Winters as the challenger; the one with lower error over the last backtest periods is used; interval from backtest errors."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: period_start, type: date, default: as_of - 60 months + 1 day, label_ja: 履歴の開始日, note: "history as far as there are sales"}
- {name: horizon, type: int, default: 3, minimum: 1, maximum: 12, label_ja: 予測する期間数, note: "the open period is the first"}
- {name: backtests, type: int, default: 6, minimum: 2, maximum: 52, label_ja: 検証する期間数, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: actual, type: money, unit: JPY, label_ja: 実績}
- {name: forecast, type: money, unit: JPY, label_ja: 予測}
- {name: low, type: money, unit: JPY, label_ja: 下限}
- {name: high, type: money, unit: JPY, label_ja: 上限}
- {name: model, type: string, unit: none, label_ja: 採用モデル}
- {name: mape, type: ratio, unit: ratio, label_ja: 検証誤差}
charts:
- {kind: line, x: bucket, y: [actual, forecast, low, high]}
- {kind: table}
cells:
- {name: bucket, keys: [bucket], customers: sold, products: sold_lines, becomes: {ja: "これまでに買った顧客と、売れた商品（予測のセルは掘り下げの対象にならない）", en: "customers who bought so far, and the products sold (forecast cells are not a set)"}}
rules: [TZ, PUR, RET, GUEST, LATE]
notes:
- ja: "進行中の期間は、済んだ日の実績に残りの日の予測を加える。残りの日が期間に占める割合は、直近12週間の曜日ごとの売上による。"
  en: "the open period blends actual days with the forecast of the remaining ones: their share of the period by what each weekday sold in the last 12 weeks"
- ja: "学習に使うのは完了した期間だけ。過去の期間の予測は検証でのもので、それぞれの期間より前に分かっていたことだけから1期間先を予測した値。"
  en: "only whole periods are learnt from; the forecasts of past periods are those of the backtest, one period ahead, each from what was known before it"
- ja: "季節の長さは1年（「集計単位」がdayのときは7日）。履歴が1年と1期間に満たなければ、基準は直前の期間+ドリフトとする。2年に満たなければ、対抗は季節を持たない（Holt）。"
  en: "the season is a year (7 days for grain=day); with less than a year and one period of history the base line is the last period with drift, with less than two years the challenger has no season (Holt)"
- ja: "下限から上限までの幅には、誤差が検証と同じで、先の期間数の平方根に比例して広がるとすれば、5回に4回（80%）が収まる。検証誤差は、採用モデルの検証での平均誤差。"
  en: "low and high hold four outcomes of five (80%), if errors are as in the backtest and grow with the root of the distance; mape is the mean error of the chosen model over the backtest"
- ja: "チャネル、店舗、商品の絞り込みを指定すると、その部分だけを予測する。"
  en: "one part alone is forecast with channels, stores or product_filter"
standard: "Holt (1957), Winters (1960); MAPE."
step: sales_outlook
*/
WITH sold AS (
  SELECT GRAIN_OF(s.sale_date) AS bucket, s.sale_date, s.amount, CASE WHEN NOT s.is_guest AND NOT s.is_return
    THEN s.customer_id END AS customer_id
  FROM sales AS s
  WHERE s.sale_date BETWEEN :period_start AND :period_end
),
sold_lines AS (
  SELECT GRAIN_OF(l.sale_date) AS bucket, l.product_id
  FROM sales_lines AS l
  WHERE NOT l.is_adjustment AND NOT l.is_return AND l.sale_date BETWEEN :period_start AND :period_end
),
history AS (
  SELECT MIN(sale_date) AS first_date FROM sold
),
-- The days of the history and of the periods to come; the last period may be cut short, which nothing depends on.
days AS (
  SELECT d.day, GRAIN_OF(d.day) AS bucket
  FROM history AS h
  CROSS JOIN UNNEST(
    SEQUENCE(
      h.first_date,
      DATE_ADD(
        'day',
        (:horizon + 1)
          * CASE :grain WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 31 WHEN 'quarter' THEN 92 ELSE 366 END,
        :period_end
      ),
      INTERVAL '1' DAY
    )
  ) AS d(day)
),
daily AS (
  SELECT d.day, d.bucket, SUM(CAST(s.amount AS DOUBLE)) AS amount
  FROM days AS d
  LEFT JOIN sold AS s ON s.sale_date = d.day
  GROUP BY d.day, d.bucket
),
weekdays AS (
  SELECT DAY_OF_WEEK(day) AS weekday, SUM(COALESCE(amount, 0)) AS weight
  FROM daily
  WHERE day BETWEEN DATE_ADD('day', -83, :period_end) AND :period_end
  GROUP BY DAY_OF_WEEK(day)
),
periods AS (
  SELECT
    d.bucket,
    MIN(d.day) AS first_day,
    CASE WHEN MAX(d.day) <= :period_end THEN 'done' WHEN MIN(d.day) <= :period_end THEN 'open' ELSE 'ahead' END AS state,
    SUM(CASE WHEN d.day <= :period_end THEN COALESCE(d.amount, 0) END) AS actual,
    COALESCE(
      RATIO(SUM(CASE WHEN d.day > :period_end THEN w.weight ELSE 0 END), SUM(w.weight)),
      RATIO(COUNT_IF(d.day > :period_end), COUNT(*))
    ) AS remaining
  FROM daily AS d
  LEFT JOIN weekdays AS w ON w.weekday = DAY_OF_WEEK(d.day)
  GROUP BY d.bucket
),
numbered AS (
  SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.state = 'done' ORDER BY p.bucket) AS place
  FROM periods AS p
)
SELECT bucket, actual, state, remaining
FROM numbered
WHERE (state = 'done' AND first_day = bucket) OR (state <> 'done' AND place <= :horizon)
ORDER BY bucket
