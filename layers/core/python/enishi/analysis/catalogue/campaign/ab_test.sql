/*
id: ab_test
name: {ja: ABテスト有意差分析, en: A/B test significance}
category: campaign
origin: extension
tier: core
question:
  ja: どのバリアントが良いか。その差はどれだけ確かで、テストは終えてよいか。
  en: "Which variant is better, how sure are we, and is the test finished?"
method:
  ja: "バリアントごとに件数、成功数、率とWilsonの信頼区間を出す。基準のバリアントとは両側z検定（期待度数が5未満ならフィッシャーの正確検定）、金額はWelchの検定で比べ、バリアントが3つ以上ならHolm法で補正する。あわせて、見つけたい最小の差に必要な件数と残り日数を示す。"
  en: "Per variant n, successes, rate with Wilson interval; two-sided z-test against the reference (Fisher when an expected count is below 5), Welch test for amounts, Holm correction for more than two, required sample for the smallest effect of interest and remaining days."
parameter_groups: [base, pur, msg, stat]
parameters:
- {name: campaigns, type: list, default: required, label_ja: 施策, note: "ids or names of campaigns or scenarios"}
- {name: metric, type: "enum(click_rate,open_rate,cvr,amount_per_message,unsubscribe_rate)", default: click_rate, label_ja: 判定する指標, note: ""}
- {name: reference, type: string, default: A, label_ja: 基準のバリアント, note: ""}
- {name: mde_relative, type: ratio, default: 0.10, label_ja: 見つけたい最小の差(相対), note: ""}
- {name: power, type: ratio, default: 0.80, label_ja: 検出力, note: ""}
- {name: force_open_rate, type: bool, default: false, label_ja: 開封率でも判定する, note: "opens of mail are partly machines'"}
columns:
- {name: variant, type: string, unit: none, label_ja: バリアント}
- {name: n, type: int, unit: messages, label_ja: 件数}
- {name: successes, type: int, unit: count, label_ja: 成功数}
- {name: rate, type: ratio, unit: ratio, label_ja: 率, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: ci_low, type: ratio, unit: ratio, label_ja: 下限, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: ci_high, type: ratio, unit: ratio, label_ja: 上限, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: lift, type: ratio, unit: ratio, label_ja: 対基準リフト}
- {name: p_value, type: double, unit: probability, label_ja: p値}
- {name: p_adjusted, type: double, unit: probability, label_ja: 補正p値}
- {name: required_n, type: int, unit: messages, label_ja: 必要数}
- {name: remaining_days, type: int, unit: days, label_ja: 残り日数}
- {name: decision, type: enum, unit: none, label_ja: 判定}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
- {name: srm_p, type: double, unit: probability, label_ja: 配分検定}
charts:
- {kind: forest, x: variant, y: rate, low: ci_low, high: ci_high}
- {kind: bar, x: variant, y: rate}
- {kind: table}
cells:
- {name: outcome, keys: [variant, is_success], types: {is_success: bool}, customers: outcomes, becomes: {ja: "そのバリアントの顧客（成功したかどうか別）", en: "customers of a variant, by whether it worked on them"}}
rules: [TZ, DEDUP, MPP, HOLD, MERGE, SMALL, DIV0, SET]
notes:
- ja: "開封率は機械による開封があるため、「開封率でも判定する」を指定しない限り、判定する指標にできない。"
  en: "open_rate is refused as the deciding metric on every channel unless force_open_rate, because of machine opens"
- ja: "毎日見て判断すると誤って差ありとしやすい。必要数に達するまでの判定は「継続」。"
  en: "looking daily raises false alarms; before required_n the decision is 継続"
- ja: "件数は、クリック率・開封率・解除率では到達した配信（開封率では、開封のわかるチャネルのもの）、CVR・1通あたり売上では配信した数。CVRは成果の購入が割り当てられた配信の割合。"
  en: "n are delivered messages for click, open and unsubscribe rate (for open rate those of channels that can tell an open), sent ones for cvr and amount_per_message; cvr is messages with a credited order"
- ja: "率・下限・上限は、1通あたり売上では円/通、ほかは割合。割合の区間はWilson、金額の区間はStudentのt分布による。"
  en: "rate, ci_low and ci_high are yen a message for amount_per_message, ratios else; ratios carry Wilson's interval, amounts Student's"
- ja: "必要数は、基準の率に対して「見つけたい最小の差(相対)」を指定の検出力で見つけるための1バリアントあたりの配信数。残り日数はこれまでのペースによる。"
  en: "required_n is messages a variant for mde_relative at the chosen power, against the reference's rate; remaining_days at the pace so far"
- ja: "判定は、必要数に達する前は「継続」、補正p値が（1−信頼水準）を下回れば「勝ち」または「負け」、それ以外は「差なし」。基準のバリアントは「基準」。各群の大きさが等しくないとき（配分検定が0.001未満）は「配分異常」。"
  en: "decision: 継続 before required_n, 勝ち / 負け when the adjusted p-value is under 1 - confidence, else 差なし; 基準 for the reference; 配分異常 when the arms are not equal in size (srm_p < 0.001)"
- ja: "配分検定は均等配分に対する検定。配信したバリアントが1つだけなら空欄。"
  en: "srm_p is against equal shares; it is null where only one variant was sent"
standard: "Wilson (1927), Welch (1947), Holm (1979), Fisher exact test."
example: {campaigns: season}
step: ab_test
*/
WITH sent AS (
  SELECT t.*
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.variant IS NOT NULL
),
credited AS (
  SELECT message_id, SUM(amount) AS amount
  FROM attributed_orders
  GROUP BY message_id
),
measured AS (
  SELECT
    s.variant,
    s.customer_id,
    s.sent_date,
    s.delivered_at IS NOT NULL AS is_delivered,
    s.has_open_signal OR :metric <> 'open_rate' AS is_telling,
    CASE WHEN :metric = 'amount_per_message' THEN COALESCE(a.amount, 0) END AS amount,
    CASE :metric
      WHEN 'click_rate' THEN s.clicked_at IS NOT NULL
      WHEN 'open_rate' THEN s.opened_at IS NOT NULL
      WHEN 'unsubscribe_rate' THEN s.left_at IS NOT NULL
      ELSE a.message_id IS NOT NULL
    END AS is_success
  FROM sent AS s
  LEFT JOIN credited AS a ON a.message_id = s.message_id
),
outcomes AS (
  SELECT m.variant, m.customer_id, m.sent_date, m.amount, m.is_success
  FROM measured AS m
  WHERE (m.is_delivered AND m.is_telling) OR :metric = 'cvr' OR :metric = 'amount_per_message'
),
span AS (
  SELECT DATE_DIFF('day', MIN(sent_date), MAX(sent_date)) + 1 AS days FROM sent
)
SELECT
  o.variant,
  o.is_success,
  o.amount,
  s.days,
  COUNT(*) AS messages
FROM outcomes AS o
CROSS JOIN span AS s
GROUP BY o.variant, o.is_success, o.amount, s.days
ORDER BY o.variant, o.is_success, o.amount
