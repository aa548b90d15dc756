"""A column that appears tomorrow: it loads, its kind is told, and a segment and a message use it the same day.

And one that is gone the day after: the load says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.clock import ManualClock, from_text
from enishi.content.outcome import Rendered
from enishi.decide.recipient import Recipient
from enishi.flow import ingest as flow
from enishi.flow.bundles import freeze
from enishi.flow.check_source import check_file
from enishi.flow.preview import preview
from enishi.flow.tasks import perform
from enishi.ids import stable_id
from enishi.ingest.mapping import parse
from enishi.ingest.report import LoadReport
from enishi.local.services import local_services
from enishi.ports import Channel, Services
from enishi.scenario.lint_content import content_findings
from enishi.segment.compile import members
from enishi.segment.moment import Moment
from enishi.settings import Settings
from tests.unit.scenario.conftest import MAIL, SHARED

MAPPING = """
id: fans
files: "FANS_*.csv"
tables:
  - table: customers
    attributes: true
    columns:
      customer_id: {from: no, id: C}
      registered_date: joined
  - table: customer_contacts
    needs: address
    columns:
      customer_id: {from: no, id: C}
      channel: {const: mail}
      address: {from: mail, normalise: mail}
"""
MONDAY = "no,joined,mail\n1,2020-01-01,a@example.com\n2,2021-01-01,b@example.com\n"
TUESDAY = (
    "no,joined,mail,好きなチーム,会員歴\n1,2020-01-01,a@example.com,鹿島,12\n2,2021-01-01,b@example.com,浦和,3\n"
    "3,2026-11-17,c@example.com,,0\n"
)
WEDNESDAY = "no,joined,mail,会員歴\n1,2020-01-01,a@example.com,13\n"
NOON = "2026-11-17T03:00:00Z"
SCENARIO: dict[str, Any] = {
    "title": "応援",
    "trigger": {"at": "12:00"},
    "target": {"attribute": {"attributes.会員歴": {"at_least": 3}}},
    "holdout": "0%",
    "reentry": "always",
    "steps": [{"id": "first", "send": {"template": "t", "prefer": ["mail"]}}],
}
WORDS = "<p>{{ attributes['好きなチーム'] | d('あなたのチーム') }}を応援しよう"
ONE, TWO, THREE = (stable_id("C", "fans", number) for number in "123")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    folder = tmp_path / "scenarios" / "stage" / "cheer"
    (folder / "t").mkdir(parents=True)
    (folder / "t" / "mail.html.j2").write_text(MAIL.replace("<p>こんにちは", WORDS), encoding="utf-8")
    (folder / "scenario.yaml").write_text(yaml.safe_dump(SCENARIO, allow_unicode=True), encoding="utf-8")
    (tmp_path / "scenarios" / "_shared").symlink_to(SHARED)
    settings = Settings(home=tmp_path / "home", scenarios_path=tmp_path / "scenarios")
    found = local_services(settings, ManualClock(from_text(NOON)))
    yield found
    found.warehouse.close()  # type: ignore[attr-defined]


def load(services: Services, day: str, text: str) -> LoadReport:
    key = f"drop/fans/FANS_{day}.csv"
    services.raw.put(key, text.encode())
    return flow.ingest(services, parse(MAPPING, "fans.yaml"), key)


def who(services: Services, condition: dict[str, Any]) -> set[str]:
    """Members of a segment, as of noon."""
    moment = Moment.of(from_text(NOON), services.settings.tz)
    return set(services.warehouse.query(members(condition, moment)).column(0).to_pylist())


def test_it_loads_and_its_kind_is_told_before(services: Services, tmp_path: Path) -> None:
    load(services, "20261116", MONDAY)
    tomorrow = tmp_path / "FANS_20261117.csv"
    tomorrow.write_text(TUESDAY, encoding="utf-8")
    checked = check_file(services, parse(MAPPING, "fans.yaml"), tomorrow)
    assert checked.new_columns == {"好きなチーム": "text", "会員歴": "integer"}
    assert {row["detail"] for row in checked.rows() if row["what"] == "own column"} == {
        "好きなチーム: text → attributes['好きなチーム']",
        "会員歴: integer → attributes['会員歴']",
    }
    report = load(services, "20261117", TUESDAY)
    assert report.new_columns == ("好きなチーム", "会員歴")
    assert report.rows_rejected == 0


def test_a_segment_uses_it_as_text_and_as_a_number(services: Services) -> None:
    load(services, "20261116", MONDAY)
    assert who(services, {"attribute": {"attributes.好きなチーム": "鹿島"}}) == set()
    load(services, "20261117", TUESDAY)
    assert who(services, {"attribute": {"attributes.好きなチーム": "鹿島"}}) == {ONE}
    assert who(services, {"attribute": {"attributes.会員歴": {"at_least": 3}}}) == {ONE, TWO}
    assert who(services, {"attribute": {"attributes.会員歴": {"below": 10}}}) == {TWO, THREE}


def recipients(services: Services) -> dict[str, Recipient]:
    """Who the scenario's step would write to, as its tasks make them."""
    given = {"scenario": "cheer", "slot_at": NOON, "execution": "first", "input": {}}
    opened = perform(services, "open_run", given)
    step = {"run": opened["run"], "step": "first", "lane": "all"}
    cohort = perform(services, "select", {"run": opened["run"], "at": opened["at"]})["cohort"]
    parts = perform(services, "prepare", {**step, "at": NOON, "cohort": cohort})["parts"]
    for part in parts:
        perform(services, "cut", {**step, "part": part})
    chunks = [services.work.get(key).decode() for key in services.work.list("chunks/")]
    found = [Recipient.from_json_line(line) for chunk in chunks for line in chunk.splitlines()]
    return {person.customer_id: person for person in found}


def test_a_message_uses_it(services: Services) -> None:
    load(services, "20261116", MONDAY)
    load(services, "20261117", TUESDAY)
    people = recipients(services)
    assert {customer: person.attributes for customer, person in people.items()} == {
        ONE: {"好きなチーム": "鹿島", "会員歴": "12"},
        TWO: {"好きなチーム": "浦和", "会員歴": "3"},
    }


def shown(services: Services, customer: str) -> str:
    bundle = freeze(services, "cheer").bundle
    outcome = preview(services, bundle, "first", Channel.MAIL, customer_id=customer, at=from_text(NOON))
    assert isinstance(outcome, Rendered)
    return outcome.text


def test_a_preview_shows_it_and_what_stands_where_it_is_empty(services: Services) -> None:
    load(services, "20261117", TUESDAY)
    assert "鹿島を応援しよう" in shown(services, ONE)
    assert "あなたのチームを応援しよう" in shown(services, THREE)


def test_a_template_without_a_word_for_the_empty_case_is_found_before_it_is_sent(services: Services) -> None:
    assert content_findings(freeze(services, "cheer"), services.settings, from_text(NOON)) == []
    path = services.settings.scenarios_path / "stage" / "cheer" / "t" / "mail.html.j2"  # type: ignore[operator]
    path.write_text(path.read_text("utf-8").replace(" | d('あなたのチーム')", ""), encoding="utf-8")
    [finding] = content_findings(freeze(services, "cheer"), services.settings, from_text(NOON))
    assert (finding.where, "missing" in finding.what) == ("stage/cheer/t/mail.html.j2:3", True)


def test_one_that_is_gone_is_said(services: Services) -> None:
    load(services, "20261117", TUESDAY)
    clock = services.clock
    clock.move_to(datetime(2026, 11, 18, 3, tzinfo=UTC))  # type: ignore[attr-defined]
    report = load(services, "20261118", WEDNESDAY)
    assert report.lost_columns == ("好きなチーム",)
