"""Settings come from one place each, and what does not hold is said with its name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from enishi.errors import SettingsError
from enishi.settings import from_environment, remember


def test_given_values_win_over_variables_and_those_over_the_workspace(tmp_path: Path) -> None:
    remember(from_environment({}, home=tmp_path), zone="America/New_York", currency="USD")
    assert from_environment({}, home=tmp_path).zone == "America/New_York"
    assert from_environment({"ENISHI_ZONE": "Europe/Paris"}, home=tmp_path).zone == "Europe/Paris"
    settings = from_environment({"ENISHI_ZONE": "Europe/Paris"}, home=tmp_path, zone="Asia/Tokyo")
    assert (settings.zone, settings.currency) == ("Asia/Tokyo", "USD")


def test_a_workspace_remembers_where_its_clock_stands(tmp_path: Path) -> None:
    instant = datetime(2026, 11, 21, 1, tzinfo=UTC)
    remember(from_environment({}, home=tmp_path), present=instant)
    assert from_environment({}, home=tmp_path).present == instant


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="ENISHI_ZOON"):
        from_environment({"ENISHI_ZOON": "Asia/Tokyo"})


def test_a_value_that_does_not_hold_is_named_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        from_environment({"ENISHI_CHUNK_SIZE": "many"}, home=tmp_path)
    assert "chunk_size" in str(told.value)
    assert "many" not in str(told.value)


def test_a_broken_workspace_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "workspace.yaml").write_text("zone: [", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"workspace\.yaml.*Correct the file"):
        from_environment({}, home=tmp_path)


def test_a_secret_is_not_a_workspaces_to_say(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="secret"):
        remember(from_environment({}, home=tmp_path), secret="x")
