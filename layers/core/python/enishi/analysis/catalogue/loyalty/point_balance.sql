/*
id: point_balance
name: {ja: ポイント残高分布分析, en: Point balance distribution}
category: loyalty
origin: extension
tier: core
question:
  ja: 会員はポイントをいくら持ち、使える残高の人はどれだけいて、未使用の残高（負債）はいくらか。
  en: "How many points do customers hold, who holds enough to use, and what is our open liability?"
method:
  ja: "基準日に有効なロットの残りポイントを顧客ごとに合計し、残高帯に分ける。「利用できる最小ポイント」以上の顧客数、残高合計、最終利用経過日を示す。"
  en: "Remaining points of live lots per customer at as_of, banded; share of customers over the smallest usable amount; value; days since last use."
parameter_groups: [asof, base]
parameters:
- {name: bands, type: list(int), default: "0,1,100,500,1000,3000,10000", label_ja: 残高帯の下限, note: lower ends in points}
- {name: usable_min, type: int, default: 100, minimum: 0, label_ja: 利用できる最小ポイント, note: ""}
- {name: dormant_days, type: int, default: 365, minimum: 1, label_ja: 休眠とする日数, note: days without a purchase}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: "who left holds no points any more (rule WD)"}
columns:
- {name: band, type: string, unit: points, label_ja: 残高帯}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: points, type: int, unit: points, label_ja: 残高合計}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: usable_customers, type: int, unit: people, label_ja: 利用可能者数}
- {name: last_use_median, type: double, unit: days, label_ja: 最終利用経過日}
- {name: dormant_share, type: ratio, unit: ratio, label_ja: 休眠比率}
charts:
- {kind: bar, x: band, y: customers, title_ja: 残高帯別の顧客数}
- {kind: bar, x: band, y: points, title_ja: 残高帯別の残高合計}
- {kind: table}
cells:
- {name: band, keys: [band], customers: banded, becomes: {ja: "その残高の顧客", en: "customers with such a balance"}}
rules: [TZ, FIFO, MERGE, WD, SET]
notes:
- ja: "マイナスの残高（利用後の返還）は、マイナスという帯とする。ポイントのない会員は、0の帯に入る。"
  en: "a negative balance (refund after use) is a band of its own, マイナス; members without any point are in the band of 0"
- ja: "最終利用可能日を過ぎたロットのポイントは、失効の記帳の有無にかかわらず、ないものとする。最終利用可能日の当日は、まだ数える。"
  en: "points of a lot whose last day has passed are gone, whether or not their expiry is posted; the last usable day still counts"
- ja: "残高は、元帳の合計から、期限の過ぎたロットの残りを引いた値。このため、ロットを超えて引かれたポイントも表れる。"
  en: "the balance is the ledger's sum less what is left in lots past their day, so that points taken beyond the lots show"
- ja: "休眠＝直近の「休眠とする日数」に購入がない（購入したことのない会員を含む）。"
  en: "dormant = no purchase in the last dormant_days, never bought included"
*/
WITH posted AS (
  SELECT
    COALESCE(i.person_id, p.customer_id) AS customer_id,
    SUM(p.points) AS points,
    MAX(CASE WHEN p.entry_type = 'use' THEN p.posted_date END) AS last_use_date
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  GROUP BY COALESCE(i.person_id, p.customer_id)
),
-- What is left in lots that can no longer be used, as long as nobody posted it.
past_their_day AS (
  SELECT customer_id, SUM(remaining) AS points
  FROM v_point_lots
  WHERE expires_date < :as_of
  GROUP BY customer_id
),
last_purchases AS (
  SELECT customer_id, MAX(purchase_date) AS purchase_date
  FROM v_purchases
  GROUP BY customer_id
),
balances AS (
  SELECT
    c.customer_id,
    COALESCE(p.points, 0) - COALESCE(g.points, 0) AS points,
    DATE_DIFF('day', p.last_use_date, :as_of) AS days_since_use,
    COALESCE(b.purchase_date <= DATE_ADD('day', -:dormant_days, :as_of), TRUE) AS is_dormant
  FROM population AS c
  LEFT JOIN posted AS p ON p.customer_id = c.customer_id
  LEFT JOIN past_their_day AS g ON g.customer_id = c.customer_id
  LEFT JOIN last_purchases AS b ON b.customer_id = c.customer_id
),
borders AS (
  SELECT lower_end, LEAD(lower_end) OVER (ORDER BY lower_end) - 1 AS upper_end
  FROM UNNEST(:bands) AS t(lower_end)
),
bands_listed AS (
  SELECT
    lower_end,
    upper_end,
    CASE
      WHEN upper_end IS NULL THEN CAST(lower_end AS VARCHAR) || '〜'
      WHEN upper_end = lower_end THEN CAST(lower_end AS VARCHAR)
      ELSE CAST(lower_end AS VARCHAR) || '〜' || CAST(upper_end AS VARCHAR)
    END AS band
  FROM borders
  UNION ALL
  SELECT NULL, MIN(lower_end) - 1, 'マイナス'
  FROM borders
),
banded AS (
  SELECT l.band, b.customer_id, b.points, b.days_since_use, b.is_dormant
  FROM balances AS b
  JOIN bands_listed AS l
    ON COALESCE(b.points >= l.lower_end, TRUE) AND COALESCE(b.points <= l.upper_end, TRUE)
)
SELECT
  l.band,
  COUNT(b.customer_id) AS customers,
  COALESCE(SUM(b.points), 0) AS points,
  RATIO(COUNT(b.customer_id), SUM(COUNT(b.customer_id)) OVER ()) AS share,
  COUNT_IF(b.points >= :usable_min) AS usable_customers,
  QUANTILE_OF(b.days_since_use, 0.5) AS last_use_median,
  RATIO(COUNT_IF(b.is_dormant), COUNT(b.customer_id)) AS dormant_share
FROM bands_listed AS l
LEFT JOIN banded AS b ON b.band = l.band
GROUP BY l.band, l.lower_end
ORDER BY l.lower_end NULLS FIRST
