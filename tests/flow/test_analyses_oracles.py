"""The analyses themselves on published data, against figures that others computed with pandas and DuckDB.

The folder beside the project (or ENISHI_PUBLIC_DATA) holds data and figures; without it these tests are skipped.
Only the year of grocery receipts is large: its tests are `heavy`.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from enishi.analysis import library, runner
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings
from tests.flow.test_datasets import DATA, SETS, Loaded
from tests.unit.segment.small_lake import arrow

PRESENT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
Row = dict[str, Any]


class Asked:
    """A loaded data set, questions to it, and the figures of others."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services, self.folder = services, folder
        self.figures: Mapping[str, Any] = json.loads((folder / "oracle.json").read_text("utf-8"))

    def answer(self, analysis: str, **given: Any) -> list[Row]:
        question = runner.ask(self.services, library.get(analysis), given)
        rows: list[Row] = runner.run(self.services, question, cap=1_000_000).rows.to_pylist()
        return rows

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8") as lines:
            return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Asked]]:
    """Each set, loaded once by the mappings of docs/examples."""
    made: dict[str, tuple[Loaded, Asked]] = {}

    def get(name: str) -> Asked:
        folder = DATA / SETS[name]["data"]["folder"]
        if not folder.is_dir():
            pytest.skip("the published data are not beside the project")
        if name not in made:
            loaded = Loaded(name, "data", tmp_path_factory.mktemp(name))
            if name == "completejourney":
                loaded._load({"package": "transactions", "file": "transactions.parquet"}, {})
            made[name] = (loaded, Asked(loaded.services, folder))
        return made[name][1]

    yield get
    for loaded, _ in made.values():
        loaded.close()


CDNOW = {"period_start": "1997-01-01", "period_end": "1998-06-30", "as_of": "1998-06-30", "purchase_unit": "day"}
JOURNEY = {"period_start": "2017-01-01", "period_end": "2017-12-31", "as_of": "2017-12-31"}
BAKERY = {"period_start": "2016-10-01", "period_end": "2017-04-30", "as_of": "2017-04-30"}
CLICKS = {"period_start": "2024-01-01", "period_end": "2024-06-30", "as_of": "2024-06-30"}
PURCHASES = [
    pytest.param("cdnow_sample", CDNOW, "nth_by_day", "timing_by_day", id="cdnow"),
    pytest.param("completejourney", JOURNEY, "nth", "timing", id="completejourney", marks=pytest.mark.heavy),
]
BORDERS = [
    pytest.param(
        "cdnow_sample",
        {"purchase_unit": "day", "r_borders": "31,91,181,361", "f_borders": "1,2,4,9", "m_borders": "20,50,100,200"},
        id="cdnow",
    ),
    pytest.param(
        "completejourney",
        {"r_borders": "8,15,31,91", "f_borders": "9,49,99,199", "m_borders": "100,500,1000,3000"},
        id="completejourney",
        marks=pytest.mark.heavy,
    ),
]
COHORTS = [
    pytest.param("cdnow_sample", CDNOW, id="cdnow"),
    pytest.param("completejourney", JOURNEY, id="completejourney", marks=pytest.mark.heavy),
]


@pytest.mark.parametrize(("name", "given", "nth", "timing"), PURCHASES)
def test_nth_purchases(asked: Callable[[str], Asked], name: str, given: Row, nth: str, timing: str) -> None:
    """購入転換率: buyers, amounts and steps of each N, and how many days lie between two."""
    shop = asked(name)
    rows = {
        row["n"]: row
        for row in shop.answer("purchase_conversion_timing", **given, max_n=40, day_bins="30,60,90,180,365")
    }
    for wanted in shop.figures[nth][1:]:
        row = rows[wanted["n"]]
        assert (row["buyers"], float(row["amount"])) == (wanted["buyers"], wanted["amount"])
        assert float(row["amount_per_buyer"]) == pytest.approx(wanted["amount_per_buyer"], abs=0.0051)
        if wanted["n"] > 1:
            assert round(row["step_rate"], 6) == wanted["conversion_from_prev"]
    for wanted in shop.figures[timing]:
        row = rows[wanted["from_n"] + 1]
        within = [wanted[f"within_{days}d"] for days in (30, 60, 90, 180, 365)]
        assert (row["days_median"], list(accumulate(row["days_hist"]))[:5]) == (wanted["median_days"], within)


@pytest.mark.parametrize(("name", "given"), BORDERS)
def test_rfm_cells(asked: Callable[[str], Asked], name: str, given: Row) -> None:
    """Every cell of R, F and M: the oracle counts bands from 0, R from the most recent."""
    shop = asked(name)
    as_of = shop.figures["rfm"]["asof"]
    rows = shop.answer("rfm_analysis", as_of=as_of, lookback_months=24, method="threshold", view="rfm", **given)
    found = {
        (5 - row["r_score"], row["f_score"] - 1, row["m_score"] - 1): (row["customers"], float(row["amount"]))
        for row in rows
        if row["customers"] and row["r_score"]
    }
    wanted = {
        (int(row["R"]), int(row["F"]), int(row["M"])): (int(row["customers"]), float(row["amount"]))
        for row in shop.table("oracle_rfm_cells")
        if int(row["customers"])
    }
    assert found == wanted


@pytest.mark.heavy
def test_deciles(asked: Callable[[str], Asked]) -> None:
    """With ties cut at the head-count, as ntile does."""
    shop = asked("completejourney")
    rows = shop.answer("decile_analysis", **JOURNEY, ties="split")
    found = [
        (r["decile"], r["customers"], float(r["amount"]), float(r["border_amount"]), round(r["share"], 6)) for r in rows
    ]
    assert found == [
        (int(r["decile"]), int(r["customers"]), float(r["amount"]), float(r["min_m"]), float(r["share"]))
        for r in shop.table("oracle_decile")
    ]


def test_deciles_leave_out_who_never_paid(asked: Callable[[str], Asked]) -> None:
    """The oracle cuts all 2,357 people; eight paid nothing and are counted apart (rule NEG), the rest adds up."""
    shop = asked("cdnow_sample")
    rows = shop.answer("decile_analysis", **CDNOW, ties="split")
    assert sum(row["customers"] for row in rows) == shop.figures["customers"] - 8
    assert sum(row["amount"] for row in rows) == Decimal(str(shop.figures["amount"]))


@pytest.mark.parametrize(("name", "given"), COHORTS)
def test_cohorts(asked: Callable[[str], Asked], name: str, given: Row) -> None:
    """Who of a first month bought in the k-th month after it; months that have not come are 0 there, no row here."""
    shop = asked(name)
    rows = shop.answer("first_purchase_month_repeat", **given, basis="calendar", measure="active", months=17)
    found: dict[tuple[str, int], int] = {}
    for row in rows:
        cohort = row["cohort"].isoformat()[:7]
        found[cohort, 0] = row["cohort_size"]
        if row["k"]:
            found[cohort, row["k"]] = row["repeaters"] or 0
    for wanted in shop.table("oracle_cohort_month_buyers"):
        cohort = wanted.pop("c")
        assert {k: found.get((cohort, int(k)), 0) for k in wanted} == {k: int(value) for k, value in wanted.items()}


@pytest.mark.heavy
def test_monthly_sales(asked: Callable[[str], Asked]) -> None:
    shop = asked("completejourney")
    rows = shop.answer("sales_trend", **JOURNEY, grain="month", compare="none")
    found = [(r["bucket"].isoformat()[:7], r["orders"], r["buyers"], float(r["amount"])) for r in rows]
    assert found == [(m["month"], m["orders"], m["buyers"], m["amount"]) for m in shop.figures["monthly"]]


def test_bgnbd(asked: Callable[[str], Asked]) -> None:
    """Fader, Hardie and Lee (2005): r 0.243, alpha 4.414, a 0.793, b 2.426 on the first 39 weeks."""
    shop = asked("cdnow_sample")
    calibration, model = shop.figures["calibration"], shop.figures["bgnbd"]
    rows = shop.answer("clv_bgnbd", as_of=calibration["end"], holdout_weeks=0)
    assert rows[0]["fit_params"][:4] == pytest.approx([model[name] for name in ("r", "alpha", "a", "b")], rel=1e-5)
    assert sum(row["frequency"] == 0 for row in rows) == calibration["zero_repeat"]
    assert sum(row["frequency"] for row in rows) == calibration["repeat_transactions"]


def test_baskets(asked: Callable[[str], Asked]) -> None:
    """Receipts of nobody in particular; lines without an item are none."""
    shop = asked("breadbasket")
    rules = shop.answer(
        "basket_association", **BAKERY, level="product", min_support=0, min_pair_count=1, min_lift=0, top_n=100_000
    )
    by_pair = {(row["antecedent"], row["consequent"]): row for row in rules}
    for wanted in shop.table("oracle_pairs"):
        there, back = by_pair[wanted["x"], wanted["y"]], by_pair[wanted["y"], wanted["x"]]
        found = [there["support"], there["confidence"], back["confidence"], there["lift"]]
        assert there["baskets_both"] == int(wanted["n_both"])
        assert [f"{value:.6f}" for value in found] == [
            f"{float(wanted[name]):.6f}" for name in ("support", "conf_x_y", "conf_y_x", "lift")
        ]


def test_abandoned_carts(asked: Callable[[str], Asked]) -> None:
    """Sessions that put in the cart and those of them that bought, in whatever order; by device, and by visitor."""
    shop = asked("ecom_clickstream")
    given = {**CLICKS, "steps": "add_to_cart,purchase", "closed": "false"}
    rows = {(r["step"], r["axis_value"]): r for r in shop.answer("purchase_funnel", **given)}
    carts = rows["add_to_cart", "合計"]
    assert (carts["entered"], carts["dropped"]) == (
        shop.figures["cart_sessions"],
        shop.figures["cart_abandon_sessions"],
    )
    assert rows["purchase", "合計"]["entered"] == shop.figures["cart_sessions_with_purchase"]
    devices = {"desktop": "パソコン", "mobile": "スマートフォン", "tablet": "タブレット"}
    found = {device: rows["add_to_cart", word]["dropped"] for device, word in devices.items()}
    assert found == shop.figures["abandon_by_platform"]
    people = shop.answer("purchase_funnel", **given, axis="null", scope="visitor_days")
    assert [(row["entered"], row["dropped"]) for row in people] == [
        (shop.figures["users_with"]["add_to_cart"], shop.figures["users_cart_never_purchase"]),
        (shop.figures["users_with"]["purchase"], None),
    ]


def test_redeemed_coupons(tmp_path: Path) -> None:
    """A campaign's book of coupons is one coupon, its mailing list the issues: Type A 16.56 %, B 6.50 %, C 5.92 %."""
    folder = DATA / "completejourney"
    if not folder.is_dir():
        pytest.skip("the published data are not beside the project")
    services = local_services(Settings(home=tmp_path, zone="America/New_York", present=PRESENT))
    _books_of_coupons(services, folder)
    shop = Asked(services, folder)
    rows = {
        row["coupon"]: row
        for row in shop.answer("coupon_redemption", **JOURNEY | {"period_start": "2016-01-01"}, axis="null")
    }
    by_type: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for wanted in shop.table("oracle_campaigns"):
        row = rows[wanted["campaign_id"]]
        assert (row["issued"], row["used"]) == (int(wanted["targeted"]), int(float(wanted["redeemers_targeted"] or 0)))
        if wanted["end_date"] <= "2017-12-31":
            assert round(row["redemption_rate"], 6) == float(wanted["redemption_rate"] or 0)
        by_type[wanted["campaign_type"]][0] += row["issued"]
        by_type[wanted["campaign_type"]][1] += row["used"]
    assert dict(by_type) == {
        kind: [told["targeted"], int(told["redeemers_targeted"])]
        for kind, told in shop.figures["campaign_types"].items()
    }
    services.warehouse.close()  # type: ignore[attr-defined]


def _books_of_coupons(services: Services, folder: Path) -> None:
    """Campaigns, whom they were mailed to, and who redeemed, as coupons, issues and redemptions."""
    campaigns, mailed, redeemed = (
        pq.read_table(folder / f"{name}.parquet").to_pylist()
        for name in ("campaign_descriptions", "campaigns", "coupon_redemptions")
    )
    start = {row["campaign_id"]: _day(row["start_date"]) for row in campaigns}
    people = {row["household_id"] for row in [*mailed, *redeemed]}
    tables: dict[str, list[Row]] = {
        "customers": [{"customer_id": str(one), "registered_date": date(2016, 1, 1)} for one in sorted(people)],
        "coupons": [
            {"coupon_id": str(r["campaign_id"]), "name": str(r["campaign_id"]), "valid_to": _day(r["end_date"])}
            for r in campaigns
        ],
        "coupon_issues": [
            {
                "issue_id": f"{r['campaign_id']}-{r['household_id']}",
                "coupon_id": str(r["campaign_id"]),
                "customer_id": str(r["household_id"]),
                "issued_date": start[r["campaign_id"]],
            }
            for r in mailed
        ],
        "coupon_redemptions": [
            {
                "redemption_id": f"R{place}",
                "coupon_id": str(r["campaign_id"]),
                "customer_id": str(r["household_id"]),
                "redeemed_date": _day(r["redemption_date"]),
            }
            for place, r in enumerate(redeemed)
        ],
    }
    for name, rows in tables.items():
        services.warehouse.append(name, arrow(name, rows))


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
