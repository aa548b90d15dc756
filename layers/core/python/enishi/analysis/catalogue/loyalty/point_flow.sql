/*
id: point_flow
name: {ja: ポイント増減推移, en: Point ledger roll-forward}
category: loyalty
origin: extension
tier: standard
question:
  ja: 付与・利用・失効・残高のポイントはどう動き、元帳の合計は合っているか。
  en: "How do granted, used, expired and open points move, and does the ledger add up?"
method:
  ja: "期首 + 通常付与 + ボーナス + 返還 - 利用 - 失効 ± 調整 = 期末（期間ごと、理由ごと）。"
  en: "Opening + earned + bonus + refunded - used - expired +- adjusted = closing, per period and reason."
parameter_groups: [period, base, grain]
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: opening, type: int, unit: points, label_ja: 期首}
- {name: earned, type: int, unit: points, label_ja: 通常付与}
- {name: bonus, type: int, unit: points, label_ja: ボーナス}
- {name: used, type: int, unit: points, label_ja: 利用}
- {name: expired, type: int, unit: points, label_ja: 失効}
- {name: adjusted, type: int, unit: points, label_ja: 調整}
- {name: closing, type: int, unit: points, label_ja: 期末}
- {name: check, type: int, unit: points, label_ja: 差異}
charts:
- {kind: line, x: bucket, y: [earned, bonus, used, expired], title_ja: ポイントの増減}
- {kind: area, x: bucket, y: closing, title_ja: 期末残高}
- {kind: table}
cells:
- {name: posting, keys: [bucket, kind], types: {kind: string}, customers: posted, becomes: {ja: "その記帳のある顧客。kindはearned（通常付与）、bonus（ボーナス）、used（利用）、expired（失効）、adjusted（調整）、または不明", en: "customers with such a posting; kind is earned, bonus, used, expired, adjusted or 不明"}}
rules: [TZ, FIFO, MERGE, RECON, LATE, SET]
notes:
- ja: "期首 + 通常付与 + ボーナス - 利用 - 失効 + 調整 = 期末。利用は返還を差し引いた値。調整は移行も含む。"
  en: "opening + earned + bonus - used - expired + adjusted = closing; used is less what was refunded, adjusted holds transfers too"
- ja: "差異は0でなければならない。ほかの種類の記帳は期末にだけ入るため、差異に現れる。セルの kind=不明 が、その顧客を示す。"
  en: "check must be 0; a posting of another kind is in closing alone, so it shows here, and the cell kind=不明 lists its customers"
- ja: "元帳の記帳どおり。期限の過ぎたポイントは、失効の記帳の時点で元帳から出る（「ポイント残高分布分析」では、すぐに失効として数える）。"
  en: "the ledger as it is posted: points past their day leave it when their expiry is posted (point_balance counts them as gone at once)"
- ja: "1期間の増減の内訳は表の行で、図はすべての期間の増減を示す。"
  en: "the waterfall of one period is the row of the table; the chart shows the flows of every period"
*/
WITH posted AS (
  SELECT
    CASE WHEN p.posted_date >= :period_start THEN GRAIN_OF(p.posted_date) END AS bucket,
    CASE
      WHEN p.entry_type = 'earn' THEN 'earned'
      WHEN p.entry_type = 'bonus' THEN 'bonus'
      WHEN p.entry_type IN ('use', 'refund') THEN 'used'
      WHEN p.entry_type = 'expire' THEN 'expired'
      WHEN p.entry_type IN ('adjust', 'transfer') THEN 'adjusted'
      ELSE :unknown
    END AS kind,
    c.customer_id,
    p.points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, p.customer_id)
  WHERE p.posted_date <= :period_end
),
flows AS (
  SELECT
    bucket,
    SUM(points) AS net,
    COALESCE(SUM(CASE WHEN kind = 'earned' THEN points END), 0) AS earned,
    COALESCE(SUM(CASE WHEN kind = 'bonus' THEN points END), 0) AS bonus,
    -COALESCE(SUM(CASE WHEN kind = 'used' THEN points END), 0) AS used,
    -COALESCE(SUM(CASE WHEN kind = 'expired' THEN points END), 0) AS expired,
    COALESCE(SUM(CASE WHEN kind = 'adjusted' THEN points END), 0) AS adjusted
  FROM posted
  GROUP BY bucket
),
-- All that was posted before the period is one row without a bucket, which sorts first.
carried AS (
  SELECT f.*, SUM(f.net) OVER (ORDER BY f.bucket NULLS FIRST ROWS UNBOUNDED PRECEDING) AS closing
  FROM flows AS f
)
SELECT
  bucket,
  closing - net AS opening,
  earned,
  bonus,
  used,
  expired,
  adjusted,
  closing,
  net - (earned + bonus - used - expired + adjusted) AS check
FROM carried
WHERE bucket IS NOT NULL
ORDER BY bucket
