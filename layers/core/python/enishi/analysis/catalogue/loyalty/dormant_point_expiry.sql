/*
id: dormant_point_expiry
name: {ja: 休眠×ポイント失効分析, en: Dormancy and expired points}
category: loyalty
origin: extension
tier: standard
question:
  ja: ポイントを失効させた顧客は、その後休眠しやすいか。失効前の通知は顧客を引き止めているか。
  en: "Do customers go dormant after their points expired, and does a notice keep them? (a finding of a known case)"
method:
  ja: "ポイントの失効（失効させた、利用した、持っていた、なし）×その後の休眠（「休眠とする日数」）を掛け合わせ、オッズ比を示す。最終購入から失効までの日数、通知した顧客としていない顧客の比較も示す。"
  en: "Cross: let points expire / used them / had none x dormant after 12 months or not; odds ratio; timing of expiry against last purchase; notified against not notified."
parameter_groups: [period, base, pur, stat]
parameters:
- {name: period_start, type: date, default: as_of - 24 months + 1 day, label_ja: 集計開始日, note: "the days on which points expired or were used"}
- {name: period_end, type: date, default: as_of - 365 days, label_ja: 集計終了日, note: "inclusive; dormant_days after it must have passed"}
- {name: dormant_days, type: int, default: 365, minimum: 1, label_ja: 休眠とする日数, note: days without a purchase}
- {name: min_points, type: int, default: 100, minimum: 1, label_ja: 失効とみなす最小ポイント, note: fewer are not counted as let expire}
- {name: notice_campaigns, type: list, default: none, label_ja: 失効前通知の施策, note: "ids or names of campaigns or scenarios; none = the rates of notified and not notified are null"}
columns:
- {name: point_group, type: enum, unit: none, label_ja: ポイント状態}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: dormant, type: int, unit: people, label_ja: 休眠者数}
- {name: dormant_rate, type: ratio, unit: ratio, label_ja: 休眠率}
- {name: odds_ratio, type: double, unit: ratio, label_ja: オッズ比}
- {name: expired_points, type: int, unit: points, label_ja: 失効ポイント}
- {name: notified_rate, type: ratio, unit: ratio, label_ja: 通知者購入率}
- {name: not_notified_rate, type: ratio, unit: ratio, label_ja: 未通知者購入率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, title_ja: ポイント状態別の休眠率, x: point_group, y: dormant_rate}
- {kind: bar, title_ja: 利用した顧客に対するオッズ比, x: point_group, y: odds_ratio}
- {kind: table}
cells:
- {name: outcome, keys: [point_group, is_dormant, is_notified], types: {is_dormant: bool, is_notified: bool}, customers: followed, becomes: {ja: "is_dormant=true：ポイントを失効させて休眠した顧客（復活のための付与）", en: "is_dormant=true: dormant customers with expired points (revival grant)"}}
- {name: holders, keys: [expires_date, points], types: {expires_date: date, points: int}, customers: awake_holders, becomes: {ja: "失効間近のポイントを持つ、休眠していない顧客（通知の対象）。失効する日と、失効するポイント数で選ぶ", en: "customers to notify: awake holders with points near expiry, by the day on which they end and how many end"}}
footnotes:
- {label_ja: 失効させた顧客のオッズ比の信頼区間, cte: odds_interval}
- {label_ja: 最終購入から失効までの日数(中央値), cte: timing}
rules: [TZ, FIFO, PUR, MERGE, CENSOR, HOLD, SMALL, SET]
notes:
- ja: "ここでは因果が両方向に働く。離れようとする顧客はポイントを失効させ、ポイントを失った顧客は来店の理由が減る。証明ではなく、兆しとして読む。"
  en: "cause and effect run both ways here: who is about to leave lets points expire, and who lost points has a reason less to come; read it as a sign, not as a proof"
- ja: "期間の終わりに休眠していない顧客（それまでの「休眠とする日数」に購入がある）による。休眠＝そのあとの「休眠とする日数」に購入なし。全員が同じ日数で、過ぎるまで空欄。"
  en: "customers awake at the period's end (a purchase in the dormant_days to it); dormant = no purchase in the dormant_days after it, the same days for everybody; null until they have passed"
- ja: "失効させた：期間中に「失効とみなす最小ポイント」以上が使われずに失効（ほかのポイントを使っていても）。利用した：一部を使った。持っていた：持っていたが、どちらでもない。なし：持っていない。"
  en: "失効させた: at least min_points ended unused in the period, even if others were used; 利用した: used some; 持っていた: held some, but neither; なし: held none"
- ja: "オッズ比は、「利用した」に対する値（Woolfの区間は表の下）。オッズが有限でない場合は空欄。"
  en: "odds_ratio is against 利用した (Woolf's interval below the table); null where an odds is not finite"
- ja: "通知者：期間中に通知を送った顧客（対照群は通知していない扱い）。率は、期間の終わりから「休眠とする日数」の間に購入した割合。"
  en: "notified: a notice was sent in the period, control rows are not notified; the rates are of purchases in the dormant_days after the period's end"
- ja: "最終購入から失効までの日数は、失効させた顧客の最初の失効による。"
  en: "the days from the last purchase to the expiry are those of the first expiry of 失効させた"
*/
WITH awake AS (
  SELECT DISTINCT p.customer_id
  FROM purchases AS p
  WHERE p.purchase_date > DATE_ADD('day', -:dormant_days, :period_end) AND p.purchase_date <= :period_end
),
bought_after AS (
  SELECT DISTINCT p.customer_id
  FROM purchases AS p
  WHERE p.purchase_date > :period_end AND p.purchase_date <= DATE_ADD('day', :dormant_days, :period_end)
),
held AS (
  SELECT
    l.customer_id,
    COALESCE(SUM(CASE WHEN l.expires_date BETWEEN :period_start AND :period_end THEN l.expired + l.remaining END), 0)
      AS expired_points,
    MIN(
      CASE
        WHEN l.expires_date BETWEEN :period_start AND :period_end AND l.expired + l.remaining > 0 THEN l.expires_date
      END
    ) AS expired_date
  FROM v_point_lots AS l
  WHERE l.earned_date <= :period_end AND COALESCE(l.expires_date >= :period_start, TRUE)
  GROUP BY l.customer_id
),
-- Who had points at the start of the period, or was given some in it: lots used up before are nobody's points.
holders AS (
  SELECT COALESCE(i.person_id, p.customer_id) AS customer_id
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  WHERE p.posted_date <= :period_end
  GROUP BY COALESCE(i.person_id, p.customer_id)
  HAVING
    COALESCE(SUM(CASE WHEN p.posted_date < :period_start THEN p.points END), 0) > 0
    OR COUNT_IF(p.points > 0 AND p.posted_date >= :period_start) > 0
),
spent AS (
  SELECT DISTINCT COALESCE(i.person_id, p.customer_id) AS customer_id
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  WHERE p.entry_type = 'use' AND p.posted_date BETWEEN :period_start AND :period_end
),
notified AS (
  SELECT DISTINCT v.customer_id
  FROM v_touches AS v
  LEFT JOIN campaign_labels AS l ON l.campaign_id = v.campaign_id
  WHERE
    NOT :notice_campaigns_is_open
    AND NOT v.is_control
    AND v.sent_date BETWEEN :period_start AND :period_end
    AND (
      v.campaign_id IN (:notice_campaigns) OR v.scenario_id IN (:notice_campaigns) OR l.campaign IN (:notice_campaigns)
    )
),
followed AS (
  SELECT
    CASE
      WHEN h.expired_points >= :min_points THEN '失効させた'
      WHEN s.customer_id IS NOT NULL THEN '利用した'
      WHEN h.customer_id IS NOT NULL AND d.customer_id IS NOT NULL THEN '持っていた'
      ELSE 'なし'
    END AS point_group,
    a.customer_id,
    CASE
      WHEN DATE_ADD('day', :dormant_days, :period_end) <= :as_of THEN b.customer_id IS NULL
    END AS is_dormant,
    n.customer_id IS NOT NULL AS is_notified,
    COALESCE(h.expired_points, 0) AS expired_points,
    h.expired_date
  FROM awake AS a
  LEFT JOIN held AS h ON h.customer_id = a.customer_id
  LEFT JOIN holders AS d ON d.customer_id = a.customer_id
  LEFT JOIN spent AS s ON s.customer_id = a.customer_id
  LEFT JOIN bought_after AS b ON b.customer_id = a.customer_id
  LEFT JOIN notified AS n ON n.customer_id = a.customer_id
),
awake_now AS (
  SELECT DISTINCT p.customer_id
  FROM purchases AS p
  WHERE p.purchase_date > DATE_ADD('day', -:dormant_days, :as_of)
),
awake_holders AS (
  SELECT l.expires_date, l.customer_id, SUM(l.remaining) AS points
  FROM v_point_lots AS l
  JOIN awake_now AS a ON a.customer_id = l.customer_id
  WHERE l.remaining > 0 AND l.expires_date > :as_of
  GROUP BY l.expires_date, l.customer_id
  HAVING SUM(l.remaining) >= :min_points
),
last_purchases AS (
  SELECT f.customer_id, DATE_DIFF('day', MAX(p.purchase_date), f.expired_date) AS days
  FROM followed AS f
  JOIN purchases AS p ON p.customer_id = f.customer_id AND p.purchase_date <= f.expired_date
  WHERE f.point_group = '失効させた'
  GROUP BY f.customer_id, f.expired_date
),
timing AS (
  SELECT QUANTILE_OF(days, 0.5) AS days FROM last_purchases
),
counted AS (
  SELECT
    point_group,
    COUNT(*) AS customers,
    CASE WHEN COUNT(is_dormant) > 0 THEN COUNT_IF(is_dormant) END AS dormant,
    CASE WHEN COUNT(is_dormant) > 0 THEN COUNT_IF(NOT is_dormant) END AS stayed,
    SUM(expired_points) AS expired_points,
    COUNT_IF(is_notified) AS notified,
    COUNT_IF(is_notified AND NOT is_dormant) AS notified_stayed
  FROM followed
  GROUP BY point_group
),
odds_interval AS (
  SELECT
    CAST(CAST(EXP(estimate - :z * error) AS DECIMAL(18, 2)) AS VARCHAR) || '〜'
      || CAST(CAST(EXP(estimate + :z * error) AS DECIMAL(18, 2)) AS VARCHAR) AS said
  FROM (
    SELECT
      LN(RATIO(e.dormant * u.stayed, e.stayed * u.dormant)) AS estimate,
      SQRT(RATIO(1, e.dormant) + RATIO(1, e.stayed) + RATIO(1, u.dormant) + RATIO(1, u.stayed)) AS error
    FROM counted AS e
    JOIN counted AS u ON u.point_group = '利用した'
    WHERE e.point_group = '失効させた' AND e.dormant * e.stayed * u.dormant * u.stayed > 0
  ) AS o
),
point_groups AS (
  SELECT t.place, t.point_group
  FROM (VALUES (1, '失効させた'), (2, '利用した'), (3, '持っていた'), (4, 'なし')) AS t(place, point_group)
)
SELECT
  g.point_group,
  COALESCE(c.customers, 0) AS customers,
  c.dormant,
  RATIO(c.dormant, c.customers) AS dormant_rate,
  RATIO(c.dormant * u.stayed, c.stayed * u.dormant) AS odds_ratio,
  COALESCE(c.expired_points, 0) AS expired_points,
  CASE WHEN NOT :notice_campaigns_is_open AND c.dormant IS NOT NULL THEN RATIO(c.notified_stayed, c.notified) END
    AS notified_rate,
  CASE
    WHEN NOT :notice_campaigns_is_open THEN RATIO(c.stayed - c.notified_stayed, c.customers - c.notified)
  END AS not_notified_rate,
  COALESCE(c.customers, 0) < :min_cell AS low_n
FROM point_groups AS g
LEFT JOIN counted AS c ON c.point_group = g.point_group
LEFT JOIN counted AS u ON u.point_group = '利用した'
ORDER BY g.place
