"""Who is who, on the sample retailer's dirty records, against the truth that the generator wrote beside them."""

import csv
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from time import process_time

import pytest
from typer.testing import CliRunner

from enishi.cli.main import app
from enishi.clock import ManualClock
from enishi.flow.tasks import perform
from enishi.flow.unify import unify
from enishi.identity.unify import Report
from enishi.ids import stable_id
from enishi.lake.sql import parse
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.sample import generate
from enishi.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "identity.md"
NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
Pair = tuple[str, str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def services(home: Path) -> Services:
    return loaded(home, 3000)


def loaded(home: Path, members: int) -> Services:
    """A workspace with the sample retailer's people, not unified yet."""
    wired = local_services(Settings(home=home), ManualClock(NOW))
    manifest = generate(home / "raw" / "drop", 7, members, date(2026, 11, 21))
    for source in ("members", "ec_accounts", "line_links"):
        for file in manifest.of(source):
            perform(wired, "ingest", {"key": f"drop/{source}/{file.path.name}"})
    return wired


@pytest.fixture(scope="module")
def report(services: Services) -> Report:
    return unify(services)


def pairs(people: Iterable[Iterable[str]]) -> set[Pair]:
    return {pair for person in people for pair in combinations(sorted(person), 2)}


def true_people(home: Path) -> list[list[str]]:
    (file,) = (home / "raw" / "drop" / "truth").glob("persons*.csv")
    people: dict[str, list[str]] = defaultdict(list)
    with file.open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            people[row["person"]].append(stable_id("C", "sample", row["number"]))
    return list(people.values())


def found_people(services: Services) -> list[list[str]]:
    people: dict[str, list[str]] = defaultdict(list)
    for row in services.warehouse.query(parse("SELECT customer_id, person_id FROM v_identity", "test")).to_pylist():
        people[row["person_id"]].append(row["customer_id"])
    return list(people.values())


def test_who_is_who_is_found_with_few_mistakes(services: Services, home: Path, report: Report) -> None:
    true, found = pairs(true_people(home)), pairs(found_people(services))
    assert len(found & true) / len(found) >= 0.999
    assert len(found & true) / len(true) >= 0.98
    assert report.merged == report.records - report.people > 0


def test_every_rule_finds_something(report: Report) -> None:
    asked = {"virtual_known", "reviewer"}
    assert all(count.pairs for count in report.by_rule if count.rule.id not in asked)


def test_a_second_pass_through_the_task_changes_nothing(services: Services, report: Report) -> None:
    assert perform(services, "unify", {}) == {
        "merged": 0,
        "restored": 0,
        "people": report.people,
        "to_review": report.to_review,
    }


def shown(page: str) -> list[tuple[str, str]]:
    """Commands of the page's consoles, each with what it answers."""
    consoles = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    lines = [part.split("\n", 1) for console in consoles for part in console.split("$ ")[1:]]
    return [(command, answer) for command, answer in lines]


def test_a_merge_and_a_split_are_as_the_docs_show_them(home: Path, report: Report) -> None:
    assert report.merged
    for command, answer in shown(DOCS.read_text("utf-8")):
        program, *words = shlex.split(command)
        done = CliRunner().invoke(app, ["--home", str(home), *words], catch_exceptions=False)
        assert (program, done.exit_code) == ("enishi", 0)
        assert done.stdout.splitlines() == answer.splitlines()


@pytest.mark.heavy
def test_twenty_thousand_members_are_found_in_few_seconds(tmp_path: Path) -> None:
    wired = loaded(tmp_path, 20_000)
    start = process_time()
    unify(wired)
    spent = process_time() - start
    true, found = pairs(true_people(tmp_path)), pairs(found_people(wired))
    assert len(found & true) / len(found) >= 0.999
    assert len(found & true) / len(true) >= 0.985
    assert spent <= 6
