"""The commands: a dry run, an erasure with its report, a report that is checked, an export that others cannot read."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner, Result

from enishi.cli.main import app
from enishi.errors import EnishiError
from tests.unit.privacy.small_people import MAIL, World


def enishi(world: World, arguments: Sequence[str]) -> Result:
    return CliRunner().invoke(app, ["--home", str(world.home), *arguments])


def answer(world: World, *arguments: str) -> list[dict[str, object]]:
    result = enishi(world, [*arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_a_dry_run_erases_nothing_and_an_erasure_writes_a_report_that_verifies(world: World) -> None:
    planned = {row["place"]: row["before"] for row in answer(world, "erase", "C-a1", "--dry-run")}
    assert planned["customers"] == 2
    assert world.column("SELECT COUNT(*) FROM customers") == [4]
    erased = {row["place"]: row["after"] for row in answer(world, "erase", "C-a1", "--yes", "--by", "desk")}
    assert set(erased.values()) == {0}
    [report] = (world.home / "erasures").glob("*.json")
    assert report.stat().st_mode & 0o777 == 0o600
    [checked] = answer(world, "erase", "verify", str(report))
    assert checked["clean"] is True
    [lifted] = answer(world, "erase", "C-a1", "--lift", "--why", "came back")
    assert lifted["lifted"] == 5  # two records, a mail, a guest key, a cookie; the phone is the family's


def test_access_writes_files_for_their_owner_alone_and_shows_counts(world: World) -> None:
    out = world.home.parent / "out"
    result = enishi(world, ["access", "C-a2", "--out", str(out), "--format", "json"])
    assert MAIL not in result.output
    page = out / "access-C-a1.html"
    assert MAIL in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o777 == 0o600


def test_a_tombstone_is_lifted_for_a_reason(world: World) -> None:
    result = enishi(world, ["erase", "C-a1", "--lift"])
    assert isinstance(result.exception, EnishiError)
    assert "--why" in str(result.exception)


def test_what_is_no_report_is_refused(world: World) -> None:
    with pytest.raises(EnishiError, match="no such report"):
        raise enishi(world, ["erase", "verify", str(world.home / "none.json")]).exception or AssertionError
