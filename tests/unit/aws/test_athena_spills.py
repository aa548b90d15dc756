"""The tables that a large statement makes for itself, and that they go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from enishi.aws.athena_names import Names
from enishi.aws.athena_spills import Spills, drop_left
from enishi.errors import LakeError
from enishi.lake.sql import parse, stages, to_athena
from enishi.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

SETTINGS = Settings(lake_database="lake_db", staging_database="staging_db", work_bucket="work", workgroup="analysis")
JOINS = " ".join(f"JOIN seen AS s{number} ON s{number}.customer_id = s.customer_id" for number in range(70))
LARGE = parse(
    f"WITH seen AS (SELECT customer_id, COUNT(*) AS orders FROM orders GROUP BY customer_id) SELECT s.* FROM seen AS s {JOINS}",  # noqa: S608, E501
    "test",
)


class Engine:
    """Notes the statements, by workgroup; refuses those that match."""

    def __init__(self, refused: str = "^$") -> None:
        self.ran: list[str] = []
        self.groups: set[str] = set()
        self._refused = refused

    def run(self, text: str, workgroup: str) -> int:
        self.ran.append(re.sub("[0-9a-f]{32}", "RUN", text))
        self.groups.add(workgroup)
        if re.search(self._refused, text):
            raise LakeError("no")
        return 0


class Store:
    """Notes the prefixes that are emptied."""

    def __init__(self) -> None:
        self.emptied: list[str] = []

    def delete(self, prefix: str) -> None:
        self.emptied.append(re.sub("[0-9a-f]{32}", "RUN", prefix))


def spills(engine: Engine, store: Store) -> Spills:
    return Spills(SETTINGS, engine, Names(SETTINGS), store)  # type: ignore[arg-type]


MADE = (
    "CREATE TABLE \"staging_db\".\"spill_RUN_seen\" WITH (table_type='ICEBERG', format='PARQUET', "
    "location='s3://work/athena/spills/RUN/seen/', is_external=FALSE) AS WITH seen AS (SELECT customer_id, COUNT(*) AS "
    'orders FROM "AwsDataCatalog"."lake_db"."orders" AS orders GROUP BY customer_id) '
    "SELECT seen.customer_id, seen.orders FROM seen"
)
DROPPED = "DROP TABLE IF EXISTS `staging_db`.`spill_RUN_seen`"


def test_a_large_statement_reads_tables_that_go_when_it_is_done() -> None:
    engine, store = Engine(), Store()
    with spills(engine, store).within(LARGE) as rest:
        assert engine.ran == [MADE]
        text = re.sub("[0-9a-f]{32}", "RUN", to_athena(rest))
        assert text.startswith(
            'SELECT s.customer_id, s.orders FROM "AwsDataCatalog"."staging_db"."spill_RUN_seen" AS s '
        )
        assert stages(rest) == 71 + 70
    assert engine.ran == [MADE, DROPPED]
    assert engine.groups == {"analysis"}
    assert store.emptied == ["athena/spills/RUN/seen/"]


def test_they_go_when_the_statement_fails() -> None:
    engine = Engine()
    with pytest.raises(LakeError), spills(engine, Store()).within(LARGE):
        raise LakeError("the statement failed")
    assert engine.ran == [MADE, DROPPED]


def test_a_table_that_could_not_be_made_leaves_no_files() -> None:
    engine, store = Engine(refused="^CREATE"), Store()
    with pytest.raises(LakeError, match="no"), spills(engine, store).within(LARGE):
        pytest.fail("nothing may run over it")
    assert engine.ran == [MADE, DROPPED]
    assert store.emptied == ["athena/spills/RUN/seen/"]


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[GlueClient]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("glue", region_name="ap-northeast-1")


def test_what_a_killed_function_left_goes_once_it_is_old_and_nothing_else(glue: GlueClient) -> None:
    glue.create_database(DatabaseInput={"Name": "staging_db"})
    for name in ("spill_1_seen", "spill_2_seen", "spillage", "orders"):
        glue.create_table(DatabaseName="staging_db", TableInput={"Name": name})
    assert drop_left(glue, "staging_db", datetime(2020, 1, 1, tzinfo=UTC)) == 0
    later = datetime(2120, 1, 1, tzinfo=UTC)
    assert drop_left(glue, "staging_db", later, dry_run=True) == 2
    assert drop_left(glue, "staging_db", later) == 2
    assert drop_left(glue, "staging_db", later) == 0
    left = glue.get_tables(DatabaseName="staging_db")["TableList"]
    assert sorted(table["Name"] for table in left) == ["orders", "spillage"]


def test_a_small_statement_runs_as_it_is() -> None:
    engine = Engine()
    with spills(engine, Store()).within(parse("SELECT COUNT(*) AS n FROM orders", "test")) as rest:
        assert to_athena(rest) == "SELECT COUNT(*) AS n FROM orders"
    assert engine.ran == []
