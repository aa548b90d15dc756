"""A real grocery chain's year against figures that were computed elsewhere (plain pandas and DuckDB)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

import pytest

from enishi.flow import ingest as flow
from enishi.lake import sql
from enishi.local import completejourney
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings

pytestmark = pytest.mark.skipif(find_spec(completejourney.PACKAGE) is None, reason="the data set is not installed")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    services = local_services(Settings(home=tmp_path_factory.mktemp("home"), zone=completejourney.ZONE))
    keys = completejourney.install(services.raw)
    known = flow.catalogue(services)
    reports = [flow.ingest(services, known.of_key(key), key) for key in keys]
    assert sum(report.rows_rejected for report in reports) == 0
    yield services
    services.warehouse.close()


def one(services: Services, text: str) -> dict[str, Any]:
    found: dict[str, Any] = services.warehouse.query(sql.parse(text, "oracle")).to_pylist()[0]
    return found


def test_orders_are_the_published_baskets(loaded: Services) -> None:
    found = one(
        loaded,
        "SELECT COUNT(*) AS baskets, COUNT(DISTINCT store_id) AS stores, SUM(net_amount) AS sales,"
        " SUM(discount_amount) AS off, COUNT(DISTINCT customer_id) AS households,"
        " MIN(ordered_at) AS first, MAX(ordered_at) AS last,"
        " MIN(order_date) AS first_day, MAX(order_date) AS last_day FROM orders",
    )
    assert found == {
        "baskets": 155_848,
        "stores": 457,
        "sales": Decimal("4596039.58"),
        "off": Decimal("791650.64") + Decimal("4542.65"),
        "households": 2_469,
        "first": datetime(2017, 1, 1, 11, 53, 26),
        "last": datetime(2018, 1, 1, 4, 1, 20),
        "first_day": date(2017, 1, 1),
        "last_day": date(2017, 12, 31),
    }


def test_business_days_are_those_of_the_shops(loaded: Services) -> None:
    moved = one(loaded, "SELECT COUNT(*) AS n FROM orders WHERE CAST(ordered_at AS date) <> order_date")
    assert moved == {"n": 28_571}


FLOAT_NOISE = 20
"""Lines whose published sales value is a float like 4e-16: not 0 to pandas, exactly 0 as money."""


def test_lines_are_numbered_and_sum_to_their_orders(loaded: Services) -> None:
    found = one(
        loaded,
        "SELECT COUNT(*) AS n, SUM(line_amount) AS sales, SUM(CASE WHEN line_amount = 0 THEN 1 ELSE 0 END) AS free,"
        " SUM(CASE WHEN quantity = 0 THEN 1 ELSE 0 END) AS none,"
        " SUM(CAST(attributes['coupon_disc'] AS decimal(18,2))) AS coupons"
        " FROM order_lines",
    )
    assert found == {
        "n": 1_469_307,
        "sales": Decimal("4596039.58"),
        "free": 11_226 + FLOAT_NOISE,
        "none": 8_869,
        "coupons": Decimal("26359.90"),
    }
    gaps = (
        "SELECT COUNT(*) AS n FROM"
        " (SELECT order_id FROM order_lines GROUP BY order_id HAVING MAX(line_no) <> COUNT(*)) AS g"
    )
    assert one(loaded, gaps) == {"n": 0}


def test_every_basket_is_a_purchase_and_the_rule_alone_would_leave_478(loaded: Services) -> None:
    assert one(loaded, "SELECT COUNT(*) AS n, SUM(amount) AS a FROM v_purchases") == {
        "n": 155_848,
        "a": Decimal("4596039.58"),
    }
    assert one(loaded, "SELECT COUNT(*) AS n FROM orders WHERE net_amount <= 0") == {"n": 478}


NTH = {1: (2_469, "90807.87"), 2: (2_438, "81422.31"), 3: (2_406, "79140.06"), 20: (1_869, "59441.98")}


@pytest.mark.parametrize("n", NTH)
def test_nth_purchases_agree(n: int, loaded: Services) -> None:
    query = f"SELECT COUNT(*) AS buyers, SUM(amount) AS amount FROM v_purchases WHERE n_lifetime = {n}"  # noqa: S608
    buyers, amount = NTH[n]
    assert one(loaded, query) == {"buyers": buyers, "amount": Decimal(amount)}


def test_campaigns_coupons_and_demographics(loaded: Services) -> None:
    counts = {
        "campaigns": 27,
        "coupon_redemptions": 2_102,
        "catalog_shipments": 6_589,
        "coupons": 1_197,
        "products": 92_331,
    }
    for table, expected in counts.items():
        assert one(loaded, f"SELECT COUNT(*) AS n FROM {table}") == {"n": expected}  # noqa: S608
    redeemed = one(
        loaded,
        "SELECT COUNT(DISTINCT s.shipment_id) AS n FROM catalog_shipments AS s"
        " JOIN coupons AS c ON c.campaign_id = s.campaign_id"
        " JOIN coupon_redemptions AS r ON r.coupon_id = c.coupon_id AND r.customer_id = s.customer_id"
        " WHERE s.segment_code = 'Type A'",
    )
    assert redeemed == {"n": 604}
    ages = one(
        loaded,
        "SELECT COUNT(*) AS n, SUM(CASE WHEN attributes['age'] IS NULL THEN 1 ELSE 0 END) AS none FROM customers",
    )
    assert ages == {"n": 2_469, "none": 1_668}
