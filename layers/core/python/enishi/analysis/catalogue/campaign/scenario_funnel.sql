/*
id: scenario_funnel
name: {ja: シナリオステップファネル分析, en: Scenario step funnel}
category: campaign
origin: extension
tier: core
question:
  ja: シナリオの各ステップに何人が入り、待ち、分岐し、進み、離れ、ゴールに達したか。なぜ離れたか。
  en: "How many customers enter, wait, branch, receive, react and reach the goal at each step of a scenario?"
method:
  ja: "ステップごとに実行を結果別に数え、滞在時間、通過率、ゴール率を示す。離脱・除外・失敗は理由別に、分岐は分岐先別に内訳を出す。版を選んで比べる。"
  en: "Count people and executions per step, people by outcome, time in step, exits, suppressions and failures by reason, step rate, and goal rate of each step and branch; choose the version to compare."
parameter_groups: [period]
parameters:
- {name: campaign, type: string, default: required, label_ja: シナリオ, note: "id or name of the campaign, or the scenario"}
- {name: version, type: int, default: null, label_ja: 版, note: "null = the latest that ran"}
- {name: by_entry_cohort, type: bool, default: false, label_ja: 開始月ごとに見る, note: ""}
columns:
- {name: cohort, type: string, unit: none, label_ja: 開始月}
- {name: step_no, type: int, unit: none, label_ja: 順番}
- {name: step, type: string, unit: none, label_ja: ステップ}
- {name: outcome, type: string, unit: none, label_ja: 内訳}
- {name: entered, type: int, unit: people, label_ja: 到達者数}
- {name: executions, type: int, unit: count, label_ja: 実行数}
- {name: waiting, type: int, unit: people, label_ja: 待機中}
- {name: passed, type: int, unit: people, label_ja: 通過者数}
- {name: suppressed, type: int, unit: people, label_ja: 除外}
- {name: exited, type: int, unit: people, label_ja: 離脱}
- {name: goal, type: int, unit: people, label_ja: ゴール到達}
- {name: step_rate, type: ratio, unit: ratio, label_ja: 通過率}
- {name: goal_rate, type: ratio, unit: ratio, label_ja: ゴール率}
- {name: median_wait, type: double, unit: hours, label_ja: 滞在時間}
charts:
- {kind: funnel, x: step, y: entered, where: {step: {not: [exit]}, outcome: 合計}}
- {kind: bar, x: step, y: goal_rate, where: {step: {not: [goal, exit]}, outcome: 合計}}
- {kind: stacked_bar, x: step, y: entered, color: outcome, where: {outcome: {not: [合計]}}, title_ja: 分岐と、離脱・除外・失敗の理由}
- {kind: table}
cells:
- {name: step, keys: [cohort, step, outcome, state, reached_goal], types: {state: enum, reached_goal: bool}, customers: visits, becomes: {ja: "そのステップにいた顧客。そこでの結果（通過＝passed、待機中＝waiting、除外＝suppressed、失敗＝failed、離脱＝exit、ゴール＝goal。内訳のある行はその分岐または理由）と、のちにゴールに達したかどうか別", en: "customers who were in a step, by what became of them there (passed, waiting, suppressed, failed, exit, goal; in a row with an outcome, that branch or reason) and by whether they reached the goal later"}}
rules: [TZ, DEDUP, HOLD, MERGE, LATE, DIV0, SET]
notes:
- ja: "古い版で始まった実行は、その版のまま扱う。"
  en: "executions that started under an older version keep their version"
- ja: "実行は、シナリオに入った日が集計期間にあれば数える。その後の経過は基準日まで数え、各ステップの最後の状態をとる。"
  en: "an execution counts in the period when it entered the scenario in it; what happened to it counts up to as_of, the last state of a step stands"
- ja: "再び入った人は新しい実行とする。数値は人数で、実行数を並べて示す。"
  en: "a person who enters again is a new execution; the figures are people, executions are given beside"
- ja: "通過者数は、先へ進んでステップを離れた人（通過または分岐）。ゴール到達は、このステップ以降でゴールに達した人。"
  en: "passed are those who left the step forward (passed or a branch); goal those who reached the goal in this step or later"
- ja: "内訳：「合計」はステップの全員。その下に、分岐先（branch:…）、離脱（exit:…）、除外（suppressed:…）、失敗（failed:…）の理由ごとの人数とゴール率を並べる。理由の記録がない結果に内訳はない。再び入った人は複数の内訳に入ることがある。"
  en: "outcome: 合計 is everybody in the step; below it stand people and goal rate by branch (branch:…) and by reason of an exit (exit:…), a suppression (suppressed:…) and a failure (failed:…). What says no reason has no row of its own; a person who entered again may stand in several"
- ja: "この製品で実行するシナリオの離脱の理由は、離脱条件に該当したこと（exited）だけがわかる。どの条件かは記録されない。外部の実行ログ（scenario_events）の除外と失敗には理由がない。"
  en: "of scenarios that run here an exit says that an exit rule held (exited), not which; suppressions and failures in the log of other systems (scenario_events) have no reason"
- ja: "別の版で始まった実行は含まない。"
  en: "executions that started under another version are not in this one"
- ja: "この製品で実行するシナリオの足取りは、実行・配信・コンバージョンの記録（v_scenario_events）による。選ばれても配信ステップに来なかった人は含まない。対照群には足取りがない。待機中は、続いている実行の人。"
  en: "scenarios that run here leave their way in runs, messages and conversions (v_scenario_events): who was chosen and stood at no send step is not in it, control rows walk no way, waiting are those of a run that goes on"
- ja: "その版は最初の実行枠の順に番号を付ける。ゴールは、ステップで達成とわかったもの、または最終クリックで割り当てられた購入。"
  en: "their versions are counted by the first slot, a goal is one that a step found reached or an order credited by the last click"
- ja: "ステップごとの受信とクリックは「配信結果レポート」をステップ別に見る。"
  en: "what was received and clicked in a step is in delivery_results by step"
example: {campaign: f2_conversion}
*/
WITH chosen AS (
  SELECT e.*, MAX(e.scenario_version) OVER () AS latest_version
  FROM v_scenario_events AS e
  LEFT JOIN campaigns AS c ON c.campaign_id = e.campaign_id
  WHERE (e.campaign_id = :campaign OR c.scenario_id = :campaign OR c.name = :campaign) AND e.event_date <= :as_of
),
transitions AS (
  SELECT
    execution_id,
    customer_id,
    step_id,
    step_no,
    step_type,
    entered_at,
    outcome,
    CASE
      WHEN outcome LIKE 'branch:%' OR outcome LIKE 'exit:%' THEN outcome
      WHEN outcome IN ('suppressed', 'failed') AND reason IS NOT NULL THEN outcome || ':' || reason
      ELSE :total
    END AS told,
    LEAD(entered_at) OVER (PARTITION BY execution_id ORDER BY entered_at, step_no, step_id) AS left_at,
    MIN(event_date) OVER (PARTITION BY execution_id) AS started_date,
    MAX(CASE WHEN outcome = 'goal' OR step_type = 'goal' THEN entered_at END) OVER (PARTITION BY execution_id) AS goal_at
  FROM chosen
  WHERE COALESCE(scenario_version, 0) = COALESCE(:version, latest_version, 0)
),
ways AS (
  SELECT
    CASE WHEN :by_entry_cohort THEN SUBSTRING(CAST(t.started_date AS VARCHAR), 1, 7) ELSE :total END AS cohort,
    t.execution_id,
    t.customer_id,
    t.step_id AS step,
    MIN(t.step_no) AS step_no,
    CASE
      WHEN MAX_BY(t.outcome, t.entered_at) LIKE 'branch:%' THEN 'passed'
      WHEN MAX_BY(t.outcome, t.entered_at) LIKE 'exit%' THEN 'exit'
      ELSE MAX_BY(t.outcome, t.entered_at)
    END AS state,
    MAX_BY(t.told, t.entered_at) AS told,
    CAST(DATE_DIFF('minute', MIN(t.entered_at), MAX(t.left_at)) AS DOUBLE) / 60 AS wait_hours,
    COALESCE(MAX(t.goal_at) >= MIN(t.entered_at), FALSE) AS reached_goal
  FROM transitions AS t
  WHERE t.started_date BETWEEN :period_start AND :period_end
  GROUP BY t.started_date, t.execution_id, t.customer_id, t.step_id
),
-- Everybody in a step, and once more those who took a branch or left it for a reason.
visits AS (
  SELECT w.*, :total AS outcome
  FROM ways AS w
  UNION ALL
  SELECT w.*, w.told AS outcome
  FROM ways AS w
  WHERE w.told <> :total
),
counted AS (
  SELECT
    cohort,
    step,
    outcome,
    MIN(step_no) AS step_no,
    COUNT(DISTINCT customer_id) AS entered,
    COUNT(DISTINCT execution_id) AS executions,
    COUNT(DISTINCT CASE WHEN state = 'waiting' THEN customer_id END) AS waiting,
    COUNT(DISTINCT CASE WHEN state = 'passed' THEN customer_id END) AS passed,
    COUNT(DISTINCT CASE WHEN state = 'suppressed' THEN customer_id END) AS suppressed,
    COUNT(DISTINCT CASE WHEN state = 'exit' THEN customer_id END) AS exited,
    COUNT(DISTINCT CASE WHEN reached_goal THEN customer_id END) AS goal,
    QUANTILE_OF(wait_hours, 0.5) AS median_wait
  FROM visits
  GROUP BY cohort, step, outcome
)
SELECT
  cohort,
  step_no,
  step,
  outcome,
  entered,
  executions,
  waiting,
  passed,
  suppressed,
  exited,
  goal,
  CASE WHEN outcome = :total THEN RATIO(passed, entered) END AS step_rate,
  RATIO(goal, entered) AS goal_rate,
  median_wait
FROM counted
ORDER BY cohort, step_no, step, outcome <> :total, outcome
