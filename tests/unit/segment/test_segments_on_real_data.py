"""Segments against figures of a real grocery chain, computed elsewhere with pandas and SQL, never with this product.

The figures count 478 baskets of no value as orders; here these are no purchases (rule PUR). So each is charged a cent,
and every figure must be met exactly.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from enishi.local.warehouse import LocalWarehouse
from enishi.segment.model import load
from enishi.segment.moment import Moment
from enishi.settings import Settings
from tests.unit.segment.small_lake import Lake

DATA = Path(__file__).parents[4] / "shared" / "data" / "completejourney"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data set is not on this machine")
NEW_YORK = ZoneInfo("America/New_York")
NEW_YEAR = Moment.end_of(date(2018, 1, 1), NEW_YORK)


@pytest.fixture(scope="module")
def orders() -> pa.Table:
    """Baskets as orders."""
    lines = pq.read_table(DATA / "transactions.parquet")
    baskets = lines.group_by(["household_id", "basket_id"]).aggregate(
        [("sales_value", "sum"), ("transaction_timestamp", "min")]
    )
    return _orders(baskets)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, orders: pa.Table) -> Lake:
    """The orders, one line each, and everybody who bought."""
    home = tmp_path_factory.mktemp("chain")
    lake = Lake(LocalWarehouse(home, Settings(home=home, zone="America/New_York")))
    lake.warehouse.append("orders", orders)
    lake.warehouse.append("order_lines", _lines(orders))
    people = pc.unique(orders["customer_id"])
    lake.warehouse.append("customers", pa.table({"customer_id": people, "status": ["active"] * len(people)}))
    return lake


def _orders(baskets: pa.Table) -> pa.Table:
    at = baskets["transaction_timestamp_min"].cast(pa.timestamp("us"))
    local = pc.local_timestamp(pc.assume_timezone(at, "UTC").cast(pa.timestamp("us", "America/New_York")))
    amount = pc.max_element_wise(pc.round(baskets["sales_value_sum"], 2), 0.01).cast(pa.decimal128(18, 2))
    number = len(baskets)
    return pa.table(
        {
            "order_id": baskets["basket_id"].cast(pa.string()),
            "customer_id": baskets["household_id"].cast(pa.string()),
            "order_type": ["normal"] * number,
            "status": ["completed"] * number,
            "ordered_at": at,
            "order_date": local.cast(pa.date32(), safe=False),
            "net_amount": amount,
            "gross_amount": amount,
        }
    )


def _lines(orders: pa.Table) -> pa.Table:
    line_no = pa.array([1] * len(orders), pa.int32())
    columns = {"order_id": orders["order_id"], "line_no": line_no, "order_date": orders["order_date"]}
    return pa.table({**columns, "quantity": line_no, "line_amount": orders["net_amount"]})


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((DATA / "oracle.json").read_text(encoding="utf-8"))
    return figures


def test_buyers_of_the_nth_purchase(chain: Lake, oracle: dict[str, Any]) -> None:
    wanted = {row["n"]: row["buyers"] for row in oracle["nth"] if row["n"] in (1, 2, 3, 5, 10, 20)}
    found = {n: len(chain.who(load({"nth_purchase": {"n": n}}), NEW_YEAR)) for n in wanted}
    assert found == wanted


def test_repeat_buyers_are_those_of_the_second_purchase(chain: Lake, oracle: dict[str, Any]) -> None:
    twice = chain.who(load({"purchase": {"ever": True, "at_least": 2}}), NEW_YEAR)
    assert len(twice) == oracle["nth"][2]["buyers"]
    assert twice == chain.who(
        load({"sequence": {"first": {"purchase": {"ever": True}}, "then": {"purchase": {}}}}), NEW_YEAR
    )


@pytest.mark.parametrize(
    ("axis", "name"), [("r", "r_lower_bounds_days"), ("f", "f_lower_bounds"), ("m", "m_lower_bounds")]
)
def test_bands(chain: Lake, oracle: dict[str, Any], axis: str, name: str) -> None:
    bounds = {axis: oracle["rfm"][name]}
    wanted = {int(band): count for band, count in oracle["rfm"][f"{axis.upper()}_counts"].items()}
    cells = {band: load({"rfm": {"bounds": bounds, "cell": {axis: band}}}) for band in wanted}
    assert {band: len(chain.who(cell, NEW_YEAR)) for band, cell in cells.items()} == wanted


def test_as_of_the_middle_of_the_year(chain: Lake, orders: pa.Table) -> None:
    """What came later is not seen: counted from the baskets of the thirty days themselves."""
    middle = Moment.end_of(date(2017, 7, 1), NEW_YORK)
    day = orders["order_date"]
    window = pc.and_(pc.greater_equal(day, date(2017, 6, 2)), pc.less_equal(day, date(2017, 7, 1)))
    counts = orders.filter(window).group_by("customer_id").aggregate([("order_id", "count")])
    wanted = counts.filter(pc.greater_equal(counts["order_id_count"], 3))["customer_id"].to_pylist()
    assert chain.who(load({"purchase": {"in": "30 days", "at_least": 3}}), middle) == sorted(wanted)
