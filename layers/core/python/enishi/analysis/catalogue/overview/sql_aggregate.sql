/*
id: sql_aggregate
name: {ja: SQLでの集計, en: Aggregation by SQL}
category: overview
origin: brief
brief_names: [SQLでの集計]
tier: core
question:
  ja: 用意された分析では答えられない問いに、自分のSQLで答えたい。
  en: Any question that the templates do not cover.
method:
  ja: "データレイクの表、ビュー、保存したセグメントに対する、読み取り専用のSELECT。名前付きの変数を使える。構文を調べて受け付ける（1文だけ、書き込みなし、レイクのデータベースだけ、2つのエンジンの両方で動くものだけ）。"
  en: "A read-only SELECT against lake tables, views and saved segments, with named parameters; checked by a parser (one statement, no write, only the lake's database, only what runs on both engines)."
parameter_groups: []
parameters:
- {name: sql, type: sql, default: required, label_ja: SQL, note: "one SELECT; FROM segment.<id> reads the customers of a saved segment"}
- {name: params, type: list, default: none, label_ja: SQLの変数, note: "from_day=2026-10-01,channels=ec|app fills :from_day and IN (:channels)"}
- {name: row_limit, type: int, default: 100000, label_ja: 最大行数, minimum: 1, note: ""}
- {name: base_segment, type: segment, default: null, label_ja: 母集団, hidden: true, note: the complement of a cell is every member}
- {name: exclude_employees, type: bool, default: true, label_ja: 従業員を除く, hidden: true, note: of a cell's complement}
- {name: exclude_withdrawn, type: bool, default: false, label_ja: 退会者を除く, hidden: true, note: of a cell's complement}
columns:
- {name: order_month, type: date, unit: date, label_ja: 月}
- {name: channel, type: string, unit: none, label_ja: チャネル}
- {name: purchases, type: int, unit: orders, label_ja: 購入件数}
- {name: amount, type: double, unit: JPY, label_ja: 売上}
charts:
- {kind: table}
- {kind: line, x: order_month, y: amount, color: channel}
- {kind: bar, x: channel, y: amount}
cells: []
rules: [TZ, EMPTY, LATE, SET]
notes:
- ja: "レイクの表とビューはどれも読める。下のSQLは例で、列、グラフ、セルは担当者が書いたSQLのものになる。"
  en: "any table or view of the lake may be read; the statement below is an example, and the columns, charts and cells are those of the planner's own"
- ja: "クラウドのエンジンとローカルのエンジンで同じ文がそのまま動く必要があり、両者に共通の書き方だけを受け付ける。列にはそれぞれ別の名前が要る。"
  en: "the statement must run unchanged on the cloud engine and on the local engine, so only the common dialect of the two is accepted; every column has a name of its own"
- ja: "個人データ（pii）の表と作業中の表は拒否する。事実のデータは基準日で終わる。*_date列の日付は日本時間（Asia/Tokyo）、時刻はUTC（LOCAL_DAY、LOCAL_TIME）。"
  en: "tables with personal data (pii) and work in progress are refused; facts end with as_of; days are Asia/Tokyo in the *_date columns, instants are UTC (LOCAL_DAY, LOCAL_TIME)"
- ja: "結果に列customer_idまたはproduct_idがあれば、行から掘り下げられる。どの列もキーになり、「最大行数」で切られた行も対象に入る。"
  en: "rows open as a set where the result has a column customer_id or product_id; any column is a key, and the rows that row_limit cut belong to the set"
- ja: "表の下に行数と秒数を示す。読み取り量と実行時間の上限は、環境のワークグループの設定による。"
  en: "below the table stand the rows and the seconds; how much a query may scan and how long it may run is the limit of the environment's workgroup"
- ja: "結果は--format parquetで、その顧客は--cellと--save-segmentで保存する。"
  en: "a result is kept with --format parquet, its customers with --cell and --save-segment"
*/
SELECT
  DATE_TRUNC('month', p.purchase_date) AS order_month,
  p.channel,
  COUNT(*) AS purchases,
  SUM(p.amount) AS amount
FROM v_purchases AS p
GROUP BY DATE_TRUNC('month', p.purchase_date), p.channel
ORDER BY order_month, p.channel
