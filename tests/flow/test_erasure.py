"""A person erased from the sample retailer after a scenario wrote to them: found nowhere on the disk, nor ever again.

The search here is not the product's own: DuckDB reads the Parquet, Python the rest.
"""

from __future__ import annotations

import email
import email.policy
import gzip
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from enishi.clock import ManualClock
from enishi.flow import access, erase
from enishi.flow.facts import refresh
from enishi.flow.tasks import perform
from enishi.flow.unify import unify
from enishi.lake.sql import parse
from enishi.local.privacy import local_tools
from enishi.local.run_scenario import run_scenario
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.privacy.ports import Tools
from enishi.privacy.report import Request, html
from enishi.privacy.signatures import verified
from enishi.sample import generate
from enishi.settings import Settings

LOADED = ("products", "members", "ec_accounts", "line_links", "app_installs", "consents", "points", "receipts", "carts")
NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
SLOT = datetime(2026, 11, 21, 1, tzinfo=UTC)
AFTER = datetime(2026, 12, 22, tzinfo=UTC)


@dataclass
class World:
    home: Path
    aside: Path
    """The night's files once more, outside the workspace."""
    services: Services
    tools: Tools

    def ask(self, text: str, value: str = "") -> list[dict[str, Any]]:
        """Rows of a query; `:value` in it stands for a text."""
        return self.services.warehouse.query(parse(text.replace(":value", f"'{value}'"), "test")).to_pylist()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    home, aside = tmp_path_factory.mktemp("erasure") / "home", tmp_path_factory.mktemp("night")
    settings = Settings(home=home)
    early = local_services(settings, ManualClock(NOW))
    manifest = generate(home / "raw" / "drop", 7, 250, date(2026, 11, 21))
    shutil.copytree(home / "raw" / "drop", aside, dirs_exist_ok=True)
    for file in manifest.files:
        if file.source in LOADED:
            perform(early, "ingest", {"key": f"drop/{file.source}/{file.path.name}"})
    unify(early)
    refresh(early)
    ran = run_scenario(settings, "points_expiry", SLOT)
    assert not ran.error
    services = local_services(settings, ManualClock(AFTER))
    return World(home, aside, services, local_tools(services))


@dataclass(frozen=True)
class Canary:
    """A person who got a message, and the values by which they would be recognised."""

    customer_id: str
    values: frozenset[str]


@pytest.fixture(scope="module")
def canary(world: World) -> Canary:
    """The person with most messages among those whose records were merged; else whoever got most."""
    [chosen, *_] = world.ask(
        "SELECT m.customer_id FROM messages AS m LEFT JOIN merge_log AS g ON g.survivor_id = m.customer_id"
        " WHERE m.status = 'sent' GROUP BY m.customer_id"
        " ORDER BY COUNT(DISTINCT g.absorbed_id) DESC, COUNT(*) DESC, m.customer_id"
    )
    person = chosen["customer_id"]
    contacts = world.ask(
        "SELECT k.customer_id, k.address FROM pii.customer_contacts AS k JOIN v_identity AS i"
        " ON i.customer_id = k.customer_id WHERE i.person_id = :value",
        person,
    )
    mine = world.ask("SELECT customer_id FROM v_identity WHERE person_id = :value", person)
    values = {row["address"] for row in contacts} | {row["customer_id"] for row in mine}
    return Canary(person, frozenset({value for value in values if _holders(world, value) == 1}))


def _holders(world: World, value: str) -> int:
    """How many people have this address; an id is one person's."""
    rows = world.ask(
        "SELECT COUNT(DISTINCT i.person_id) AS n FROM pii.customer_contacts AS k JOIN v_identity AS i"
        " ON i.customer_id = k.customer_id WHERE k.address = :value",
        value,
    )
    return int(rows[0]["n"]) or 1


def texts(path: Path, engine: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What a file says, by other means than the product's."""
    data = path.read_bytes()
    yield data.decode("utf-8", errors="replace")
    if data.startswith(b"PAR1"):
        rows = engine.sql("SELECT string_agg(t::VARCHAR, ' ') FROM read_parquet(?) AS t", params=[str(path)])
        yield str(rows.fetchall())
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data).decode("utf-8", errors="replace")
    elif data.startswith(b"SQLite"):
        with closing(sqlite3.connect(path)) as db:
            yield "\n".join(db.iterdump())
    elif path.suffix == ".eml":
        message = email.message_from_bytes(data, policy=email.policy.default)
        yield "\n".join([*map(str, message.values()), *(str(part.get_content()) for part in _leaves(message))])
    elif path.suffix == ".csv":
        yield data.decode("cp932", errors="replace")


def _leaves(message: Any) -> Iterator[Any]:
    return (part for part in message.walk() if not part.is_multipart())


def found_on_disk(home: Path, values: frozenset[str]) -> list[str]:
    files = sorted(path for path in home.rglob("*") if path.is_file())
    with closing(duckdb.connect(config={"threads": 1})) as engine:
        return [
            f"{path.relative_to(home)}: {value}"
            for path in files
            for text in texts(path, engine)
            for value in sorted(values)
            if value in text
        ]


REQUEST = Request(datetime(2026, 12, 21, tzinfo=UTC), by="customer desk", why="asked by letter")


@pytest.fixture(scope="module")
def exported(world: World, canary: Canary) -> dict[str, Any]:
    return access.held(world.tools, canary.customer_id)


@pytest.fixture(scope="module")
def plan(world: World, canary: Canary, exported: dict[str, Any]) -> erase.Plan:
    assert exported
    return erase.plan(world.tools, canary.customer_id, REQUEST)


@pytest.fixture(scope="module")
def document(world: World, plan: erase.Plan) -> dict[str, Any]:
    return erase.erase(world.tools, plan)


def test_access_shows_contacts_in_clear_and_messages_as_they_went_out(exported: dict[str, Any], canary: Canary) -> None:
    places = {place["place"]: place["rows"] for place in exported["places"]}
    assert {row["address"] for row in places["pii.customer_contacts"]} & canary.values
    assert {"customers", "identities", "consents", "messages", "decisions", "point_ledger", "ledger"} <= set(places)
    assert exported["messages"]
    assert all(place["ja"] for place in exported["places"])


def test_a_plan_counts_rows_and_files(plan: erase.Plan, canary: Canary) -> None:
    places = {place.place: place.before for place in plan.places}
    assert places["customers"] >= 1
    assert places["messages"] >= 1
    assert places["ledger"] >= 1
    assert plan.files["raw/drop"] >= 1
    assert plan.files["work/results"] >= 1
    assert canary.values - {""} <= plan.person.needles


def test_nothing_of_the_person_is_left_on_the_disk(world: World, document: dict[str, Any], canary: Canary) -> None:
    assert document["report"]["clean"]
    assert found_on_disk(world.home, canary.values) == []


def test_others_keep_what_they_have(world: World, document: dict[str, Any]) -> None:
    assert document
    [people] = world.ask("SELECT COUNT(*) AS n FROM v_identity WHERE customer_id = person_id")
    assert people["n"] > 100
    for before in sorted((world.aside / "members").glob("*.csv")):
        after = (world.home / "raw" / "drop" / "members" / before.name).read_bytes().splitlines(keepends=True)
        gone = [line for line in before.read_bytes().splitlines(keepends=True) if line not in after]
        assert 1 <= len(gone) <= 3
        assert len(after) + len(gone) == len(before.read_bytes().splitlines())


def test_sales_stay_for_the_accounts_and_the_balance_of_every_step_holds(
    world: World, document: dict[str, Any]
) -> None:
    assert document
    [orders] = world.ask("SELECT COUNT(*) AS n, COUNT(customer_id) AS named FROM orders")
    assert 0 < orders["named"] < orders["n"]
    steps = world.ask(
        "SELECT s.step_id, s.arrivals, COUNT(m.message_id) AS n FROM scenario_steps AS s"
        " JOIN messages AS m ON m.execution_id = s.run_id AND m.step_id = s.step_id GROUP BY s.step_id, s.arrivals"
    )
    assert steps
    assert all(step["arrivals"] == step["n"] for step in steps)


def test_the_report_names_nobody_and_its_signature_holds(document: dict[str, Any], canary: Canary) -> None:
    text = html(document)
    assert not [value for value in canary.values if value in text or value in str(document)]
    assert verified(document, "report").algorithm == "Ed25519"
    assert "消去を確認しました" in text


def test_an_erased_person_is_not_planned_for_again(world: World, document: dict[str, Any], canary: Canary) -> None:
    assert document
    with pytest.raises(Exception, match="nothing is held"):
        erase.plan(world.tools, canary.customer_id, REQUEST)


def test_files_that_bring_the_person_back_are_refused_until_it_is_lifted(
    world: World, document: dict[str, Any], canary: Canary
) -> None:
    assert document
    [members] = (world.aside / "members").glob("*.csv")
    again = members.read_bytes() + b"\r\n"
    world.services.raw.put("drop/members/KAIIN_MST_20261222.csv", again)
    report = perform(world.services, "ingest", {"key": "drop/members/KAIIN_MST_20261222.csv"})
    assert report["rows_tombstoned"] >= 1
    kept = world.services.raw.get("drop/members/KAIIN_MST_20261222.csv")
    assert found_on_disk(world.home / "raw", canary.values) == []
    gone = [line for line in again.splitlines(keepends=True) if line not in kept.splitlines(keepends=True)]
    assert len(gone) == report["rows_tombstoned"]
    assert [line for line in again.splitlines(keepends=True) if line not in gone] == kept.splitlines(keepends=True)
    [rows] = world.ask("SELECT COUNT(*) AS n FROM customers WHERE customer_id = :value", canary.customer_id)
    assert rows["n"] == 0
    assert found_on_disk(world.home / "lake" / "pii", canary.values) == []
    assert erase.lift(world.tools, canary.customer_id, "registered again at the counter") >= 1
    world.services.raw.put("drop/members/KAIIN_MST_20261223.csv", again + b"\r\n")
    lifted = perform(world.services, "ingest", {"key": "drop/members/KAIIN_MST_20261223.csv"})
    assert lifted["rows_tombstoned"] == 0
    assert found_on_disk(world.home / "lake" / "pii", canary.values)


def test_a_person_who_is_erased_while_a_run_holds_them_is_suppressed_and_the_balance_holds(
    world: World, document: dict[str, Any]
) -> None:
    """Chunks are cut, then somebody in them is erased: the step sends to the others and adds up."""
    assert document
    clock = ManualClock(SLOT)
    services = local_services(Settings(home=world.home), clock)
    start = {"scenario": "vip_coupon", "slot_at": "2026-11-22T01:00:00Z", "execution": "x-1", "input": {}}
    opened = perform(services, "open_run", start)
    run, at = opened["run"], opened["at"]
    cohort = perform(services, "select", {"run": run, "at": at})["cohort"]
    step = {"run": run, "step": "issue", "lane": "all"}
    prepared = perform(services, "prepare", {**step, "at": at, "cohort": cohort})
    cuts = [perform(services, "cut", {**step, "part": part}) for part in prepared["parts"]]
    manifest = perform(services, "manifest", {**step, "cuts": cuts})
    lines = [json.loads(line) for line in services.work.get(manifest["key"]).splitlines()]
    people = [json.loads(row)["customer_id"] for line in lines for row in services.work.get(line["key"]).splitlines()]
    tools = local_tools(services)
    report = erase.erase(tools, erase.plan(tools, people[0], REQUEST))["report"]
    assert report["clean"]
    for line in lines:
        perform(services, "send", {**step, "at": at, "chunk": line})
    closed = perform(services, "close_step", {**step, "at": at, "arrivals": prepared["arrivals"]})
    assert closed["balanced"]
    assert closed["arrivals"] == len(people)
    assert found_on_disk(world.home, frozenset({people[0]})) == []
