/*
id: page_contribution
name: {ja: ページ貢献度分析, en: Page contribution to purchases}
category: site_access
origin: extension
tier: advanced
question:
  ja: 購入の通り道というだけでなく、購入を後押ししていると見られるページはどれか。
  en: "Which content pages help a purchase beyond being on the way to it?"
method:
  ja: "購入手続き以外のページについて、訪問者の種類、流入元、閲覧の深さ、カテゴリによる層の中で、そのページを含む訪問と含まない訪問のCVRを比べる（直接標準化）。貢献額＝差×セッション数×平均注文額。"
  en: "For pages outside the checkout compare CVR of sessions with and without the page inside strata of visitor type, source, depth and category (direct standardisation); contribution = difference x sessions x average order."
parameter_groups: [period, base, web, stat, top]
parameters:
- {name: min_sessions, type: int, default: 200, minimum: 1, label_ja: 対象とするセッション数の下限, note: ""}
- {name: level, type: "enum(path,page_type)", default: path, label_ja: ページのまとめ方, note: ""}
columns:
- {name: page, type: string, unit: none, label_ja: ページ}
- {name: sessions, type: int, unit: sessions, label_ja: 閲覧セッション}
- {name: cvr_with, type: ratio, unit: ratio, label_ja: 閲覧時CVR}
- {name: cvr_without, type: ratio, unit: ratio, label_ja: 非閲覧時CVR(調整)}
- {name: difference, type: double, unit: pp, label_ja: 差}
- {name: ci_low, type: double, unit: pp, label_ja: 下限}
- {name: ci_high, type: double, unit: pp, label_ja: 上限}
- {name: contribution, type: money, unit: JPY, label_ja: 貢献額}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: forest, x: page, y: difference, low: ci_low, high: ci_high}
- {kind: bar, x: page, y: contribution}
- {kind: table}
cells:
- {name: page, keys: [page], customers: unconvinced, becomes: {ja: "そのページを見て、まだ購入していない顧客", en: "customers who read it and have not bought"}}
rules: [TZ, BOT, DEDUP, SMALL, TIE, DIV0, SET]
notes:
- ja: "観察による比較のため、画面では「原因」でなく「関連」とする。"
  en: "observational; the screen says 'related', not 'caused'"
- ja: "訪問での購入より前に見たページを数える。カート、購入手続き、完了ページは除く。"
  en: "a page counts where it was seen before the visit's purchase; carts, checkout and thanks pages are left out"
- ja: "層は、初回か再訪か、流入元、閲覧ページ数（1、2〜3、4〜7、8以上）、最も多く見た大カテゴリ。両方の率は、ページを含む訪問と含まない訪問がともにある層について、含む訪問の数で重み付けする。"
  en: "strata: first or later visit, source, pages seen (1, 2-3, 4-7, 8 and more) and the top category seen most; both rates are over the strata that have visits with and without the page, weighed by the visits with it"
- ja: "平均注文額は、注文のある訪問についてのもの。区間は、指定の信頼水準での層をまたぐWaldの区間。"
  en: "the average order is that of the visits with an order; the interval is Wald's over the strata at the parameter confidence"
- ja: "貢献額の高い順に表示件数だけ並べる。比べられる訪問のないページは数値がなく、最後に置く。"
  en: "the top_n pages with the highest contribution are listed; a page that no comparable visit lacks has no figures and stands last"
- ja: "購入していないとは、期間内に最初に見てから、どのチャネルでも購入がないこと。"
  en: "who has not bought: no purchase in any channel since the first reading in the period"
standard: Direct standardisation over strata.
*/
WITH first_orders AS (
  SELECT visitor_id, visit, MIN(place) AS place
  FROM session_events
  WHERE event_type = 'purchase'
  GROUP BY visitor_id, visit
),
seen AS (
  SELECT
    v.visitor_id,
    v.visit,
    v.customer_id,
    v.event_at,
    v.page_type,
    v.category_l1,
    CASE :level WHEN 'page_type' THEN v.page_type ELSE v.page_path END AS page
  FROM page_views AS v
  LEFT JOIN first_orders AS o ON o.visitor_id = v.visitor_id AND o.visit = v.visit
  WHERE v.session_date BETWEEN :period_start AND :period_end AND (o.place IS NULL OR v.place < o.place)
),
category_views AS (
  SELECT
    visitor_id,
    visit,
    category_l1,
    ROW_NUMBER() OVER (PARTITION BY visitor_id, visit ORDER BY category_l1 IS NULL, COUNT(*) DESC, category_l1) AS place
  FROM seen
  GROUP BY visitor_id, visit, category_l1
),
depths AS (
  SELECT visitor_id, visit, COUNT(*) AS views FROM seen GROUP BY visitor_id, visit
),
visits AS (
  SELECT
    s.visitor_id,
    s.visit,
    s.converted,
    CASE WHEN s.is_first THEN 'first' ELSE 'later' END
      || '|' || s.channel
      || '|' || CASE WHEN d.views = 1 THEN '1' WHEN d.views <= 3 THEN '3' WHEN d.views <= 7 THEN '7' ELSE '8' END
      || '|' || COALESCE(c.category_l1, :unknown) AS stratum
  FROM sessions AS s
  JOIN depths AS d ON d.visitor_id = s.visitor_id AND d.visit = s.visit
  JOIN category_views AS c ON c.visitor_id = s.visitor_id AND c.visit = s.visit AND c.place = 1
),
strata AS (
  SELECT stratum, COUNT(*) AS visits, COUNT_IF(converted) AS orders
  FROM visits
  GROUP BY stratum
),
read_in AS (
  SELECT DISTINCT visitor_id, visit, page
  FROM seen
  WHERE page IS NOT NULL AND COALESCE(page_type, '') NOT IN ('cart', 'checkout', 'thanks')
),
with_page AS (
  SELECT r.page, v.stratum, COUNT(*) AS visits, COUNT_IF(v.converted) AS orders
  FROM read_in AS r
  JOIN visits AS v ON v.visitor_id = r.visitor_id AND v.visit = r.visit
  GROUP BY r.page, v.stratum
),
compared AS (
  SELECT
    w.page,
    w.visits,
    s.visits > w.visits AS is_comparable,
    RATIO(w.orders, w.visits) AS rate_with,
    RATIO(s.orders - w.orders, s.visits - w.visits) AS rate_without,
    s.visits - w.visits AS visits_without
  FROM with_page AS w
  JOIN strata AS s ON s.stratum = w.stratum
),
standardised AS (
  SELECT
    page,
    SUM(visits) AS sessions,
    SUM(CASE WHEN is_comparable THEN visits END) AS compared_with,
    SUM(CASE WHEN is_comparable THEN visits_without END) AS compared_without,
    RATIO(
      SUM(CASE WHEN is_comparable THEN visits * rate_with END), SUM(CASE WHEN is_comparable THEN visits END)
    ) AS cvr_with,
    RATIO(
      SUM(CASE WHEN is_comparable THEN visits * rate_without END), SUM(CASE WHEN is_comparable THEN visits END)
    ) AS cvr_without,
    RATIO(
      SQRT(
        SUM(
          CASE
            WHEN is_comparable
              THEN CAST(visits AS DOUBLE) * visits
                * (rate_with * (1 - rate_with) / visits + rate_without * (1 - rate_without) / visits_without)
          END
        )
      ),
      SUM(CASE WHEN is_comparable THEN visits END)
    ) AS error
  FROM compared
  GROUP BY page
  HAVING SUM(visits) >= :min_sessions
),
average_order AS (
  SELECT RATIO(SUM(amount), COUNT(DISTINCT visitor_id || '.' || CAST(visit AS VARCHAR))) AS amount
  FROM (
    SELECT o.visitor_id, o.visit, o.amount
    FROM session_orders AS o
    JOIN visits AS v ON v.visitor_id = o.visitor_id AND v.visit = o.visit
    WHERE o.amount > 0
  ) AS placed
),
ranked AS (
  SELECT
    s.page,
    s.sessions,
    s.cvr_with,
    s.cvr_without,
    LEAST(s.compared_with, s.compared_without) AS fewest,
    100 * (s.cvr_with - s.cvr_without) AS difference,
    100 * :z * s.error AS width,
    CAST((s.cvr_with - s.cvr_without) * s.sessions * COALESCE(a.amount, 0) AS DECIMAL(18, 2)) AS contribution
  FROM standardised AS s
  CROSS JOIN average_order AS a
),
placed AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (ORDER BY r.contribution DESC NULLS LAST, r.sessions DESC, r.page) AS place
  FROM ranked AS r
),
readers AS (
  SELECT page, customer_id, MIN(event_at) AS read_at
  FROM seen
  WHERE customer_id IS NOT NULL
  GROUP BY page, customer_id
),
unconvinced AS (
  SELECT r.page, r.customer_id
  FROM readers AS r
  LEFT JOIN v_purchases AS p ON p.customer_id = r.customer_id AND p.purchase_at > r.read_at
  WHERE p.order_id IS NULL
)
SELECT
  page,
  sessions,
  cvr_with,
  cvr_without,
  difference,
  difference - width AS ci_low,
  difference + width AS ci_high,
  contribution,
  COALESCE(fewest < :min_cell, FALSE) AS low_n
FROM placed
WHERE place <= :top_n
ORDER BY place
