/*
id: store_open_close
name: {ja: 開閉店影響分析, en: Effect of opening or closing a store}
category: store
origin: extension
tier: standard
question:
  ja: 開店・閉店で、近くの顧客はどこへ移ったか。新しく来たか、ECへ移ったか、離れたか。
  en: "What happened to nearby customers when a store opened or closed: gained, moved, to EC, lost?"
method:
  ja: "半径内の顧客（または閉店した店舗がメインだった顧客）の移動先別の前後の売上を、変化のない地域と比べる。"
  en: "Customers within radius (or with the closed main store): amount by channel before and after against similar areas without a change."
parameter_groups: [base, pur]
parameters:
- {name: store_id, type: string, default: required, label_ja: 開閉店した店舗, note: a store id}
- {name: change_date, type: date, default: null, label_ja: 変化の日, note: "null = the store's closing, else its opening; a day of one's own for a renovation or a rival's opening"}
- {name: radius_km, type: double, default: 10, minimum: 0, label_ja: 影響を見る半径(km), note: ""}
- {name: months, type: int, default: 6, minimum: 1, label_ja: 前後を見る月数, note: ""}
columns:
- {name: group, type: enum, unit: none, label_ja: 群}
- {name: destination, type: string, unit: none, label_ja: 移動先}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: amount_before, type: money, unit: JPY, label_ja: 前売上}
- {name: amount_after, type: money, unit: JPY, label_ja: 後売上}
- {name: did_effect, type: money, unit: JPY, label_ja: 差の差}
- {name: lost_customers, type: int, unit: people, label_ja: 離脱者数}
charts:
- {kind: waterfall, title_ja: 影響群の差の差, x: destination, y: did_effect, where: {group: 影響群}, options: {totals: [合計]}}
- {kind: table}
cells:
- {name: destination, keys: [group, destination], customers: shown, becomes: {ja: "これらの顧客", en: "these customers"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SET]
notes:
- ja: "変化の日は、基準日までに閉店していれば閉店日、そうでなければ開店日。前後は、その両側の「前後を見る月数」。後の月数が過ぎるまで答えはない（規則CENSOR）。"
  en: "the day is the closing where the store has closed by as_of, else the opening; before and after are the months on both sides of it. While the months after have not passed there is no answer (rule CENSOR)"
- ja: "影響群：自宅が「影響を見る半径(km)」以内の人と、閉店のときは、前の期間にその店舗で最も多く買った人。比較群：自宅が半径の2倍より遠く、この期間に開店または閉店した他の店舗の半径内にもない人。"
  en: "影響群: homes within radius_km, and after a closing whoever bought most often in the store before. 比較群: homes farther than twice the radius, and none within radius_km of another store that opened or closed in these months"
- ja: "移動先：新規は後だけ、離脱は前だけ購入した人。ほかは後に最も多く使った場所で分け、前と同じ場所、当該店舗、他店舗、ECとアプリ、その他のチャネルとする。"
  en: "destination: 新規 bought only after, 離脱 only before; the others by where they spent most after: the same place as before, the store itself, another shop, EC and app, or another channel"
- ja: "差の差：後売上−前売上×（比較群の後÷前）。行を足すと「合計」になる。"
  en: "did_effect: amount after less amount before x (after / before of 比較群); the rows add up to 合計"
- ja: "前にも後にも購入のない人は、どの行にも入らない。答えに座標がないので、地図は描かない。"
  en: "who bought neither before nor after is in no row; the answer holds no coordinates, so no map is drawn"
standard: Difference in differences.
example: {store_id: "0604"}
*/
WITH change AS (
  SELECT
    l.store_id,
    l.latitude,
    l.longitude,
    :change_date_is_open AND COALESCE(l.close_date <= :as_of, FALSE) AS is_closing,
    COALESCE(CAST(:change_date AS DATE), CASE WHEN l.close_date <= :as_of THEN l.close_date ELSE l.open_date END) AS day
  FROM store_labels AS l
  WHERE l.store_id = :store_id
),
spans AS (
  SELECT
    c.*,
    DATE_ADD('month', -:months, c.day) AS from_day,
    DATE_ADD('month', :months, c.day) AS end_day
  FROM change AS c
  WHERE DATE_ADD('month', :months, c.day) <= DATE_ADD('day', 1, :as_of)
),
bought AS (
  SELECT
    p.customer_id,
    p.purchase_date >= s.day AS is_after,
    COALESCE(p.store_id = s.store_id AND l.is_shop, FALSE) AS is_here,
    CASE
      WHEN l.is_shop THEN p.store_id
      WHEN p.channel IN ('ec', 'app') THEN 'EC'
      ELSE :other
    END AS place,
    COALESCE(l.is_shop, FALSE) AS is_shop,
    p.amount,
    p.purchase_at
  FROM spans AS s
  JOIN purchases AS p ON p.purchase_date >= s.from_day AND p.purchase_date < s.end_day
  LEFT JOIN store_labels AS l ON l.store_id = p.store_id
),
main_shops AS (
  SELECT
    customer_id,
    is_here,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, MAX(purchase_at) DESC, place) AS rank
  FROM bought
  WHERE is_shop AND NOT is_after
  GROUP BY customer_id, place, is_here
),
other_changes AS (
  SELECT l.latitude, l.longitude
  FROM store_labels AS l
  JOIN spans AS s ON l.store_id <> s.store_id
  WHERE
    l.is_shop
    AND l.latitude IS NOT NULL
    AND l.longitude IS NOT NULL
    AND (
      (l.open_date >= s.from_day AND l.open_date < s.end_day)
      OR (l.close_date >= s.from_day AND l.close_date < s.end_day)
    )
),
-- Members share home points (postal codes): distances are worked out once a point.
homes AS (
  SELECT
    h.latitude,
    h.longitude,
    MIN(GREAT_CIRCLE_DISTANCE(h.latitude, h.longitude, s.latitude, s.longitude)) AS km,
    COALESCE(MIN(GREAT_CIRCLE_DISTANCE(h.latitude, h.longitude, o.latitude, o.longitude)), 1e9) AS other_km
  FROM (SELECT DISTINCT latitude, longitude FROM population) AS h
  CROSS JOIN spans AS s
  LEFT JOIN other_changes AS o ON o.latitude IS NOT NULL
  WHERE h.latitude IS NOT NULL AND h.longitude IS NOT NULL
  GROUP BY h.latitude, h.longitude
),
people AS (
  SELECT
    c.customer_id,
    CASE
      WHEN h.km <= :radius_km OR (s.is_closing AND m.is_here) THEN '影響群'
      WHEN h.km > 2 * :radius_km AND h.other_km > :radius_km THEN '比較群'
    END AS "group"
  FROM population AS c
  CROSS JOIN spans AS s
  LEFT JOIN homes AS h ON h.latitude = c.latitude AND h.longitude = c.longitude
  LEFT JOIN main_shops AS m ON m.customer_id = c.customer_id AND m.rank = 1
),
places AS (
  SELECT
    customer_id,
    is_after,
    place,
    is_here,
    is_shop,
    SUM(SUM(amount)) OVER (PARTITION BY customer_id, is_after) AS amount,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id, is_after ORDER BY SUM(amount) DESC, MAX(purchase_at) DESC, place
    ) AS rank
  FROM bought
  GROUP BY customer_id, is_after, place, is_here, is_shop
),
moved AS (
  SELECT
    p."group",
    p.customer_id,
    CASE
      WHEN b.customer_id IS NULL THEN '新規'
      WHEN a.customer_id IS NULL THEN '離脱'
      WHEN a.place = b.place THEN '変化なし'
      WHEN a.is_here THEN '当該店舗へ'
      WHEN a.is_shop THEN '他店舗へ'
      WHEN a.place = 'EC' THEN 'ECへ'
      ELSE 'その他へ'
    END AS destination,
    COALESCE(b.amount, 0) AS amount_before,
    COALESCE(a.amount, 0) AS amount_after
  FROM people AS p
  LEFT JOIN places AS b ON b.customer_id = p.customer_id AND NOT b.is_after AND b.rank = 1
  LEFT JOIN places AS a ON a.customer_id = p.customer_id AND a.is_after AND a.rank = 1
  WHERE p."group" IS NOT NULL AND (b.customer_id IS NOT NULL OR a.customer_id IS NOT NULL)
),
shown AS (
  SELECT m."group", d.destination, m.customer_id
  FROM moved AS m
  CROSS JOIN UNNEST(ARRAY[m.destination, :total]) AS d(destination)
),
trend AS (
  SELECT RATIO(SUM(amount_after), SUM(amount_before)) AS kept
  FROM moved
  WHERE "group" = '比較群'
),
counted AS (
  SELECT
    "group",
    CASE WHEN GROUPING(destination) = 1 THEN :total ELSE destination END AS destination,
    COUNT(*) AS customers,
    SUM(amount_before) AS amount_before,
    SUM(amount_after) AS amount_after,
    COUNT_IF(destination = '離脱') AS lost_customers
  FROM moved
  GROUP BY GROUPING SETS (("group"), ("group", destination))
)
SELECT
  c."group",
  c.destination,
  c.customers,
  c.amount_before,
  c.amount_after,
  CASE
    WHEN c."group" = '影響群'
      THEN CAST(CAST(c.amount_after AS DOUBLE) - CAST(c.amount_before AS DOUBLE) * t.kept AS DECIMAL(18, 2))
  END AS did_effect,
  c.lost_customers
FROM counted AS c
CROSS JOIN trend AS t
LEFT JOIN (
  VALUES (1, '新規'), (2, '当該店舗へ'), (3, '変化なし'), (4, '他店舗へ'), (5, 'ECへ'), (6, 'その他へ'), (7, '離脱'), (8, :total)
) AS d(place, destination) ON d.destination = c.destination
ORDER BY c."group" = '比較群', d.place
