/*
id: proximity_visit
name: {ja: 近接通知→来店購入分析, en: Proximity notice to visit}
category: store
origin: extension
tier: standard
question:
  ja: 店舗の近くに来たアプリ会員に通知すると、来店・購入につながるか。通知を切られていないか。
  en: "When an app user comes near and gets a notice, does a visit or purchase follow?"
method:
  ja: "ジオフェンスへの入場を、通知のあったものとなかったもの（対照群、静穏時間など。週の上限によるものを除く）で比べる。「購入を見る時間」以内のその店舗での購入と、閲覧した商品の購入。"
  en: "Geofence entries with and without notice (holdout, quiet hours or another reason, not those held back by the cap): purchase in that store within window_hours, viewed items bought."
parameter_groups: [period, base, stat]
parameters:
- {name: window_hours, type: int, default: 24, minimum: 1, label_ja: 購入を見る時間, note: "from the entry; 72 for three days"}
- {name: max_per_week, type: int, default: 1, minimum: 1, label_ja: 週あたりの通知上限, note: "who had as many notices in the 7 days before is no comparison"}
- {name: notices, type: list, default: all, label_ja: 近接通知の施策, note: "campaigns or scenarios; all = any push within the hour after the entry"}
- {name: control_only, type: bool, default: false, label_ja: 対照群だけと比べる, note: "true: with control rows alone, the fair comparison"}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: entries, type: int, unit: count, label_ja: 近接回数}
- {name: notified, type: int, unit: people, label_ja: 通知者数}
- {name: purchase_rate, type: ratio, unit: ratio, label_ja: 来店購入率}
- {name: control_rate, type: ratio, unit: ratio, label_ja: 非通知購入率}
- {name: lift, type: double, unit: pp, label_ja: 差}
- {name: viewed_item_rate, type: ratio, unit: ratio, label_ja: 閲覧商品購入率}
- {name: push_off, type: ratio, unit: ratio, label_ja: 通知オフ率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: store, y: purchase_rate}
- {kind: bar, x: store, y: lift}
- {kind: table}
cells:
- {name: near, keys: [store, state], types: {state: enum}, customers: shown, becomes: {ja: "state=未購入：近くに来たが、時間内に買わなかった顧客。state=購入：買った顧客", en: "state=未購入: near and not bought in time; 購入: who bought"}}
rules: [TZ, BOT, DEDUP, HOLD, MERGE, SMALL, DIV0, SET]
notes:
- ja: "毎日通る人（職場や自宅）は、30日間に15回を超える入場で見分けて除く。"
  en: "people who pass daily (work or home) are taken out by more than 15 entries in 30 days"
- ja: "近接は、顧客が分かる、その店舗のジオフェンスへの1日の最初の入場。来店購入率：通知のあった近接のうち、「購入を見る時間」以内にその店舗で購入があった割合。"
  en: "an entry is the first of a known customer into a store's geofence on a day; purchase_rate: entries with a notice that were followed by a purchase in that store within window_hours"
- ja: "非通知購入率：対照群の行がある近接（規則HOLD）と、通知のない近接（週の上限によるものを除く）の購入率。静穏時間の近接もこれに入り、時間帯が違うので、判断は「対照群だけと比べる」で行う。"
  en: "control_rate: entries with a control row (rule HOLD), and without any notice unless it was the cap; entries in quiet hours are among these and differ by the hour, so decide with control_only"
- ja: "率は、基準日までに「購入を見る時間」が過ぎた近接によるもの。差はポイント。閲覧商品購入率：通知のあった近接のうち、前の30日間に見た商品がその店舗で時間内に買われた割合。"
  en: "rates are of entries whose window has passed by as_of; lift is in points; viewed_item_rate: of notified entries, a product seen in the 30 days before was bought there in time"
- ja: "通知オフ率：通知された顧客のうち、通知から7日以内にプッシュ通知を切った割合。最後の行は「合計」。"
  en: "push_off: notified customers who switched push off within 7 days of a notice; the last row is 合計"
needs: [web_events]
*/
WITH entered AS (
  SELECT
    c.customer_id,
    e.store_id,
    e.event_id,
    e.event_at,
    e.event_date,
    COUNT(*) OVER (
      PARTITION BY c.customer_id, e.store_id
      ORDER BY e.event_date
      RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW
    ) AS in_30_days
  FROM web_events AS e
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, e.customer_id)
  WHERE e.event_type = 'geofence_enter' AND e.store_id IS NOT NULL AND NOT COALESCE(e.is_bot, FALSE)
),
passers AS (
  SELECT DISTINCT customer_id, store_id FROM entered WHERE in_30_days > 15
),
entries AS (
  SELECT
    e.customer_id,
    e.store_id,
    MIN(e.event_at) AS entered_at,
    DATE_ADD('hour', :window_hours, LOCAL_TIME(MIN(e.event_at))) <= CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP)
      AS is_observed
  FROM entered AS e
  WHERE
    e.event_date BETWEEN :period_start AND :period_end
    AND NOT EXISTS (SELECT 1 FROM passers AS p WHERE p.customer_id = e.customer_id AND p.store_id = e.store_id)
  GROUP BY e.customer_id, e.store_id, e.event_date
),
pushes AS (
  SELECT v.customer_id, v.sent_at, v.is_control
  FROM v_touches AS v
  LEFT JOIN campaign_labels AS l ON l.campaign_id = v.campaign_id
  WHERE
    v.channel = 'push'
    AND (v.campaign_id IN (:notices) OR v.scenario_id IN (:notices) OR l.campaign IN (:notices))
),
told AS (
  SELECT
    e.customer_id,
    e.store_id,
    e.entered_at,
    MIN(CASE WHEN NOT p.is_control AND p.sent_at >= e.entered_at THEN p.sent_at END) AS noticed_at,
    COUNT_IF(p.is_control AND p.sent_at >= e.entered_at) > 0 AS is_control,
    COUNT_IF(NOT p.is_control AND p.sent_at < e.entered_at) >= :max_per_week AS is_capped
  FROM entries AS e
  JOIN pushes AS p
    ON p.customer_id = e.customer_id
    AND p.sent_at > DATE_ADD('day', -7, e.entered_at)
    AND p.sent_at <= DATE_ADD('hour', 1, e.entered_at)
  GROUP BY e.customer_id, e.store_id, e.entered_at
),
bought AS (
  SELECT DISTINCT e.customer_id, e.store_id, e.entered_at
  FROM entries AS e
  JOIN v_purchases AS p ON p.customer_id = e.customer_id AND p.store_id = e.store_id
  WHERE p.purchase_at >= e.entered_at AND p.purchase_at <= DATE_ADD('hour', :window_hours, e.entered_at)
),
seen AS (
  SELECT COALESCE(i.person_id, w.customer_id) AS customer_id, w.product_id, w.event_at
  FROM web_events AS w
  LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
  WHERE w.event_type = 'product_view' AND w.customer_id IS NOT NULL AND NOT COALESCE(w.is_bot, FALSE)
),
bought_seen AS (
  SELECT DISTINCT b.customer_id, b.store_id, b.entered_at
  FROM bought AS b
  JOIN v_lines AS l
    ON l.customer_id = b.customer_id
    AND l.store_id = b.store_id
    AND l.purchase_at >= b.entered_at
    AND l.purchase_at <= DATE_ADD('hour', :window_hours, b.entered_at)
  JOIN seen AS w
    ON w.customer_id = b.customer_id
    AND w.product_id = l.product_id
    AND w.event_at < b.entered_at
    AND w.event_at >= DATE_ADD('day', -30, b.entered_at)
),
switched_off AS (
  SELECT COALESCE(i.person_id, n.customer_id) AS customer_id, n.changed_at
  FROM consents AS n
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  WHERE n.channel = 'push' AND n.state <> 'opt_in'
),
gone AS (
  SELECT DISTINCT t.customer_id, t.store_id
  FROM told AS t
  JOIN switched_off AS o ON o.customer_id = t.customer_id
  WHERE o.changed_at > t.noticed_at AND o.changed_at <= DATE_ADD('day', 7, t.noticed_at)
),
near AS (
  SELECT
    COALESCE(l.store, e.store_id) AS store,
    CASE WHEN b.customer_id IS NULL THEN '未購入' ELSE '購入' END AS state,
    e.store_id,
    e.customer_id,
    e.is_observed,
    t.noticed_at IS NOT NULL AS is_notified,
    t.noticed_at IS NULL
      AND CASE
        WHEN :control_only THEN COALESCE(t.is_control, FALSE)
        ELSE COALESCE(t.is_control OR NOT t.is_capped, TRUE)
      END AS is_compared,
    s.customer_id IS NOT NULL AS has_seen_item,
    CASE WHEN LOCAL_DAY(t.noticed_at) <= DATE_ADD('day', -7, :as_of) THEN e.customer_id END AS watched_id,
    CASE WHEN LOCAL_DAY(t.noticed_at) <= DATE_ADD('day', -7, :as_of) THEN g.customer_id END AS gone_id
  FROM entries AS e
  LEFT JOIN store_labels AS l ON l.store_id = e.store_id
  LEFT JOIN told AS t
    ON t.customer_id = e.customer_id AND t.store_id = e.store_id AND t.entered_at = e.entered_at
  LEFT JOIN bought AS b
    ON b.customer_id = e.customer_id AND b.store_id = e.store_id AND b.entered_at = e.entered_at
  LEFT JOIN bought_seen AS s
    ON s.customer_id = e.customer_id AND s.store_id = e.store_id AND s.entered_at = e.entered_at
  LEFT JOIN gone AS g ON g.customer_id = e.customer_id AND g.store_id = e.store_id
),
shown AS (
  SELECT s.store, n.state, n.customer_id
  FROM near AS n
  CROSS JOIN UNNEST(ARRAY[n.store, :total]) AS s(store)
),
counted AS (
  SELECT
    CASE WHEN GROUPING(store) = 1 THEN :total ELSE store END AS store,
    GROUPING(store) = 1 AS is_total,
    COUNT(*) AS entries,
    COUNT(DISTINCT CASE WHEN is_notified THEN customer_id END) AS notified,
    COUNT_IF(is_observed AND is_notified) AS observed,
    COUNT_IF(is_observed AND is_compared) AS compared,
    COUNT(DISTINCT watched_id) AS watched,
    RATIO(
      COUNT_IF(is_observed AND is_notified AND state = '購入'), COUNT_IF(is_observed AND is_notified)
    ) AS purchase_rate,
    RATIO(
      COUNT_IF(is_observed AND is_compared AND state = '購入'), COUNT_IF(is_observed AND is_compared)
    ) AS control_rate,
    RATIO(COUNT_IF(is_observed AND is_notified AND has_seen_item), COUNT_IF(is_observed AND is_notified))
      AS viewed_item_rate,
    RATIO(COUNT(DISTINCT gone_id), COUNT(DISTINCT watched_id)) AS push_off
  FROM near
  GROUP BY GROUPING SETS ((store), ())
)
SELECT
  c.store,
  c.entries,
  c.notified,
  c.purchase_rate,
  c.control_rate,
  100 * (c.purchase_rate - c.control_rate) AS lift,
  c.viewed_item_rate,
  c.push_off,
  c.observed BETWEEN 1 AND :min_cell - 1
    OR c.compared BETWEEN 1 AND :min_cell - 1
    OR c.watched BETWEEN 1 AND :min_cell - 1 AS low_n
FROM counted AS c
WHERE c.entries > 0
ORDER BY c.is_total, c.entries DESC, c.store
