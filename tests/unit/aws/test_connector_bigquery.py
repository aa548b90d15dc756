"""Fetching from BigQuery: the real client and flow over its REST interface on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from enishi.aws.bigquery import BigQueryDatabase
from enishi.clock import ManualClock, from_text
from enishi.errors import ConnectorError
from enishi.flow.fetch import check, fetch
from enishi.flow.ingest import catalogue
from enishi.ingest.mapping import Mapping
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.ports import Question, Services
from enishi.settings import Settings
from tests.unit.aws.bigquery_service import FakeBigQuery, serving

MAPPING = """
id: bq_orders
system: ec
from:
  bigquery:
    project: retailer-dwh
    location: asia-northeast1
    credentials: enishi/prod/bigquery
    query: SELECT order_no, member_no, ordered_at, amount, updated_at FROM mart.orders WHERE amount > 0
    incremental: {column: updated_at, type: timestamp, lookback: 1 day}
tables:
  - table: orders
    columns:
      order_id: order_no
      customer_id: {from: member_no, id: C}
      ordered_at: ordered_at
      net_amount: amount
"""
ROWS = """
SET TimeZone = 'UTC';
CREATE SCHEMA mart;
CREATE TABLE mart.orders
  (order_no VARCHAR, member_no BIGINT, ordered_at TIMESTAMPTZ, amount DECIMAL(12,2), updated_at TIMESTAMPTZ);
INSERT INTO mart.orders VALUES
  ('B1', 1, '2026-11-18 01:00:00+00', 1200.50, '2026-11-18 01:00:00+00'),
  ('B2', 2, '2026-11-19 02:00:00+00', 3400, '2026-11-19 02:00:00+00'),
  ('B3', 3, '2026-11-20 03:00:00.123456+00', 560, '2026-11-20 03:00:00.123456+00'),
  ('B4', 3, '2026-11-20 03:00:00+00', 0, '2026-11-20 03:00:00+00'),
  ('B5', 4, '2026-11-20 02:00:00+00', 1, '2026-11-20 02:00:00+00');
"""


class Tokens:
    """A token that a refusal makes new."""

    def __init__(self, first: str) -> None:
        self.value = first

    def token(self, *, fresh: bool = False) -> str:
        self.value = "token-1" if fresh else self.value
        return self.value


@dataclass
class World:
    services: Services
    bigquery: FakeBigQuery
    tokens: Tokens

    @property
    def source(self) -> Mapping:
        return catalogue(self.services)["bq_orders"]

    def orders(self) -> dict[str, Any]:
        rows = self.services.warehouse.query(sql.parse("SELECT order_id, net_amount FROM orders", "test"))
        return {row["order_id"]: row["net_amount"] for row in rows.to_pylist()}

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The answer of a query as it stands in the files."""
        question = Question("any", {"project": "retailer-dwh"}, query=query)
        done = self.services.databases["bigquery"].extract(question, "drop/any/x", "x")
        found: list[dict[str, Any]] = []
        for key in done.files:
            with self.services.raw.open(key) as stream:
                found += pq.read_table(stream).to_pylist()
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    local = local_services(Settings(home=tmp_path), ManualClock(from_text("2026-11-21T00:00:00Z")))
    local.raw.put("sources/bq_orders.yaml", MAPPING.encode())
    dwh = duckdb.connect()
    dwh.execute(ROWS)
    tokens = Tokens("token-1")
    with serving(FakeBigQuery(dwh)) as service:
        database = BigQueryDatabase(local.raw, lambda _: tokens, sleep=lambda _: None, url=service.url)
        yield World(replace(local, databases={"bigquery": database}), service, tokens)


def test_pages_become_one_file_and_load(world: World) -> None:
    report = fetch(world.services, world.source)
    assert (report.rows, report.files, report.loaded) == (4, 1, 1)
    assert world.orders() == {"B1": Decimal("1200.50"), "B2": 3400, "B3": 560, "B5": 1}
    assert report.watermark == "2026-11-20 03:00:00.123456+00"


def test_the_next_fetch_looks_back_a_day(world: World) -> None:
    fetch(world.services, world.source)
    report = fetch(world.services, world.source)
    assert report.since == "2026-11-19 03:00:00.123456+00:00"
    assert report.rows == 2


def test_an_old_token_is_made_new_once(world: World) -> None:
    world.tokens.value = "token-0"
    assert fetch(world.services, world.source).rows == 4


def test_a_token_that_stays_refused_says_so(world: World) -> None:
    world.bigquery.valid = "another"
    with pytest.raises(ConnectorError, match="does not take the token"):
        fetch(world.services, world.source)


@pytest.mark.parametrize("passing", [(403, "rateLimitExceeded"), (503, "backendError"), (500, "internalError")])
def test_what_passes_is_asked_again(world: World, passing: tuple[int, str]) -> None:
    world.bigquery.refusals = [passing, passing]
    assert fetch(world.services, world.source).rows == 4


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        ((403, "accessDenied"), "Grant it bigquery.tables.getData"),
        ((404, "notFound"), "no such table, data set or job"),
        ((400, "invalidQuery"), "does not take the query"),
        ((400, "bytesBilledLimitExceeded"), "max_gigabytes"),
        ((403, "quotaExceeded"), "quota"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_value(world: World, refusal: tuple[int, str], says: str) -> None:
    world.bigquery.refusals = [refusal]
    with pytest.raises(ConnectorError) as raised:
        fetch(world.services, world.source)
    assert says in str(raised.value)
    assert "山田" not in str(raised.value)
    assert world.orders() == {}


def test_a_table_that_is_not_there(world: World) -> None:
    with pytest.raises(ConnectorError, match="no such table"):
        world.rows("SELECT * FROM mart.nothing")


def test_check_names_the_columns_and_takes_no_row(world: World) -> None:
    assert check(world.services, world.source) == ["order_no", "member_no", "ordered_at", "amount", "updated_at"]
    assert world.services.raw.list("drop/") == []


def test_every_type_arrives_as_it_was(world: World) -> None:
    [row] = world.rows(
        "SELECT TRUE AS flag, 9007199254740993 AS big, 1.5 AS amount, DATE '2026-02-28' AS day, "
        "TIMESTAMP '2026-01-02 03:04:05.678901+00' AS instant, 'あ' AS word, CAST(NULL AS STRING) AS missing"
    )
    assert row == {
        "flag": True,
        "big": 9007199254740993,
        "amount": Decimal("1.5"),
        "day": datetime(2026, 2, 28).date(),
        "instant": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        "word": "あ",
        "missing": None,
    }


def test_nested_values_stay_nested(world: World) -> None:
    world.bigquery.database.execute("CREATE TABLE mart.n AS SELECT [1, 2] AS items, {'a': 'x', 'b': 3} AS one")
    assert world.rows("SELECT items, one FROM mart.n") == [{"items": [1, 2], "one": {"a": "x", "b": 3}}]


def test_no_rows_are_no_files(world: World) -> None:
    assert world.rows("SELECT order_no FROM mart.orders WHERE amount > 10000000") == []
