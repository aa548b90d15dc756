/*
id: rank_threshold
name: {ja: ランク到達間際分析, en: Close to the next rank}
category: loyalty
origin: extension
tier: standard
question:
  ja: 次のランクまであと少しの会員、ランクが下がりそうな会員は誰か。それを知ることで買い方は変わっているか。
  en: "Who is a little short of the next rank or about to fall, and does knowing it change spending?"
method:
  ja: "次のランクの基準までの不足額と、ランクの判定期間の残り日数を示す。過去の判定期間で、基準をわずかに超えた購入金額の集中を、効果の証拠として見る。"
  en: "Distance to the next threshold and days left in the rating window; bunching of spend just above thresholds on past cohorts as proof of effect."
parameter_groups: [asof, base, pur]
parameters:
- {name: near_amount, type: money, default: 5000, minimum: 0, label_ja: あと少しの金額, note: ""}
- {name: near_days, type: int, default: 45, minimum: 0, label_ja: 降格を見る日数, note: ""}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: "true for lists (rule WD)"}
columns:
- {name: rank, type: string, unit: none, label_ja: 現ランク}
- {name: next_rank, type: string, unit: none, label_ja: 次ランク}
- {name: near_up, type: int, unit: people, label_ja: 昇格間際}
- {name: near_down, type: int, unit: people, label_ja: 降格間際}
- {name: avg_gap, type: money, unit: JPY, label_ja: 平均不足額}
- {name: days_left, type: double, unit: days, label_ja: 残日数}
- {name: bunching, type: double, unit: ratio, label_ja: 閾値超過比}
needs: [member_ranks]
charts:
- {kind: bar, x: rank, y: near_up}
- {kind: bar, x: rank, y: near_down}
- {kind: table}
cells:
- {name: near_up, keys: [rank, gap], types: {gap: money}, customers: near_up, becomes: {ja: "次のランクまでの不足額が「あと少しの金額」以内の会員（不足額で選ぶ）", en: "members who lack at most near_amount for the next rank, by what they lack"}}
- {name: near_down, keys: [falling_rank], types: {falling_rank: string}, customers: near_down, becomes: {ja: "購入がなければ、「降格を見る日数」以内にランクの基準を下回る会員", en: "members who will be under their rank's threshold within near_days unless they buy"}}
rules: [TZ, PUR, RET, MERGE, WD, SCD, SET]
standard: "Bunching at a threshold: ratio of customers just above to just below."
notes:
- ja: "ランクは履歴による基準日のランクで、なければ会員の現在のランク。基準は金額だけで、購入回数の基準は見ない。"
  en: "the rank is the one of as_of by the history, else the member's current one; thresholds of amount only, a threshold of orders is not looked at"
- ja: "判定期間が移動する場合：降格間際は、「降格を見る日数」のあとも判定期間に残る購入だけを基準と比べる。残日数は、最も古い購入が判定期間から外れ、不足額が広がるまでの日数。判定期間が固定の場合：どちらも判定期間の終わりまで。"
  en: "rolling windows: near_down compares what is still inside the window after near_days; days_left is until the oldest purchase leaves the window and the gap grows. Fixed windows: both by the end of the rating window"
- ja: "残日数と平均不足額は、昇格間際の会員の平均。"
  en: "days_left and avg_gap are averages over near_up"
- ja: "閾値超過比：一つ前の判定期間の購入金額が、次の基準から「あと少しの金額」以内で上回った会員の数を、同じ幅で下回った会員の数で割った値。1を超えれば、会員が基準に向けて買っている。"
  en: "bunching: members of the rating window before this one who ended at most near_amount above the next threshold, over those as near below it; above 1 they steer towards it"
*/
WITH ranks AS (
  SELECT
    r.rank,
    r.rank_order,
    COALESCE(r.threshold_amount, 0) AS threshold,
    LEAD(r.rank) OVER (ORDER BY r.rank_order, r.rank) AS next_rank,
    LEAD(r.threshold_amount) OVER (ORDER BY r.rank_order, r.rank) AS next_threshold,
    r.rating_start_month IS NULL AS is_rolling,
    CASE
      WHEN r.rating_start_month IS NULL
      THEN DATE_ADD('day', 1, DATE_ADD('month', -COALESCE(r.rating_window_months, 12), :as_of))
      ELSE DATE_ADD(
        'month',
        r.rating_start_month - 1,
        DATE_TRUNC('year', DATE_ADD('month', 1 - r.rating_start_month, :as_of))
      )
    END AS window_start,
    COALESCE(r.rating_window_months, 12) AS months
  FROM member_ranks AS r
),
ranked AS (
  SELECT c.customer_id, COALESCE(MAX(s.rank), MAX(c.member_rank)) AS rank
  FROM population AS c
  LEFT JOIN rank_spans AS s ON s.customer_id = c.customer_id AND :as_of BETWEEN s.valid_from AND s.valid_to
  GROUP BY c.customer_id
),
spent AS (
  SELECT
    m.customer_id,
    r.rank,
    r.threshold,
    r.next_threshold,
    r.is_rolling,
    r.months,
    r.window_start,
    COALESCE(SUM(CASE WHEN p.purchase_date >= r.window_start THEN p.amount END), 0) AS amount,
    COALESCE(
      SUM(
        CASE
          WHEN p.purchase_date >= r.window_start
            AND (
              NOT r.is_rolling
              OR p.purchase_date > DATE_ADD('month', -r.months, DATE_ADD('day', :near_days, :as_of))
            )
          THEN p.amount
        END
      ),
      0
    ) AS amount_staying,
    COALESCE(
      SUM(
        CASE
          WHEN p.purchase_date < r.window_start AND p.purchase_date >= DATE_ADD('month', -r.months, r.window_start)
          THEN p.amount
        END
      ),
      0
    ) AS amount_before,
    MIN(CASE WHEN p.purchase_date >= r.window_start THEN p.purchase_date END) AS oldest_date
  FROM ranked AS m
  JOIN ranks AS r ON r.rank = m.rank
  LEFT JOIN purchases AS p ON p.customer_id = m.customer_id
  GROUP BY m.customer_id, r.rank, r.threshold, r.next_threshold, r.is_rolling, r.months, r.window_start
),
near_up AS (
  SELECT
    rank,
    customer_id,
    next_threshold - amount AS gap,
    CASE
      WHEN is_rolling THEN DATE_DIFF('day', :as_of, DATE_ADD('month', months, oldest_date))
      ELSE DATE_DIFF('day', :as_of, DATE_ADD('month', months, window_start)) - 1
    END AS days_left
  FROM spent
  WHERE next_threshold > amount AND next_threshold - amount <= :near_amount
),
near_down AS (
  SELECT rank AS falling_rank, customer_id
  FROM spent
  WHERE
    threshold > 0
    AND amount_staying < threshold
    AND (is_rolling OR DATE_DIFF('day', :as_of, DATE_ADD('month', months, window_start)) - 1 <= :near_days)
),
-- Everybody's spend of the window before, held against every threshold, whatever rank they have now.
bunched AS (
  SELECT
    t.rank,
    RATIO(
      COUNT_IF(s.amount_before >= t.next_threshold AND s.amount_before < t.next_threshold + :near_amount),
      COUNT_IF(s.amount_before < t.next_threshold AND s.amount_before >= t.next_threshold - :near_amount)
    ) AS bunching
  FROM ranks AS t
  JOIN spent AS s
    ON s.amount_before >= t.next_threshold - :near_amount AND s.amount_before < t.next_threshold + :near_amount
  GROUP BY t.rank
),
ups AS (
  SELECT
    rank,
    COUNT(*) AS members,
    AVG(CAST(gap AS DOUBLE)) AS avg_gap,
    AVG(CAST(days_left AS DOUBLE)) AS days_left
  FROM near_up
  GROUP BY rank
),
downs AS (
  SELECT falling_rank AS rank, COUNT(*) AS members
  FROM near_down
  GROUP BY falling_rank
)
SELECT
  r.rank,
  r.next_rank,
  COALESCE(u.members, 0) AS near_up,
  COALESCE(d.members, 0) AS near_down,
  CAST(u.avg_gap AS DECIMAL(18, 2)) AS avg_gap,
  u.days_left,
  b.bunching
FROM ranks AS r
LEFT JOIN ups AS u ON u.rank = r.rank
LEFT JOIN downs AS d ON d.rank = r.rank
LEFT JOIN bunched AS b ON b.rank = r.rank
ORDER BY r.rank_order, r.rank
