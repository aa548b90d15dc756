"""Paths that are no readable file: a named error, and no trace in the workspace or beside the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from enishi.cli import ingest, sources
from enishi.cli.context import Session
from enishi.errors import EnishiError, SettingsError, SourceFileError
from enishi.flow.ingest import readable
from enishi.settings import Settings

NOBODY = 65534
Make = Callable[[Path], Path]


def folder(at: Path) -> Path:
    made = at / "people_1.csv"
    made.mkdir()
    return made


def pipe(at: Path) -> Path:
    made = at / "people_1.csv"
    os.mkfifo(made)
    return made


def device(_at: Path) -> Path:
    return Path("/dev/null")


def nothing(at: Path) -> Path:
    return at / "people_1.csv"


def circle(at: Path) -> Path:
    made = at / "people_1.csv"
    made.symlink_to(made)
    return made


def endless(at: Path) -> Path:
    return at / ("x" * 300)


CASES: dict[str, tuple[Make, type[EnishiError], str]] = {
    "folder": (folder, SourceFileError, "this is a folder"),
    "pipe": (pipe, SourceFileError, "this is no regular file"),
    "device": (device, SourceFileError, "this is no regular file"),
    "nothing": (nothing, SettingsError, "there is no such file"),
    "a link to itself": (circle, SourceFileError, "cannot be read"),
    "a name that is too long": (endless, SourceFileError, "cannot be read"),
}
COMMANDS = (("ingest", "members"), ("sources", "new"), ("sources", "save"), ("sources", "check", "members"))


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.chdir(tmp_path)
    made = typer.Typer()

    @made.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=tmp_path / "home"))

    made.add_typer(sources.app, name="sources")
    made.command("ingest")(ingest.command)
    return made


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("case", CASES)
def test_what_is_no_file_is_refused_by_name(
    app: typer.Typer, tmp_path: Path, case: str, command: tuple[str, ...]
) -> None:
    make, error, said = CASES[case]
    path = make(tmp_path)
    with pytest.raises(error, match=said):
        CliRunner().invoke(app, [*command, str(path)], catch_exceptions=False)
    kept = tmp_path / "home" / "raw"
    assert [one for one in kept.rglob("*") if one.is_file()] == []
    assert {one.name for one in tmp_path.iterdir()} <= {"home", path.name}


@contextmanager
def somebody_else() -> Iterator[None]:
    """The superuser may read everything: for a moment it is nobody."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_may_not_be_read_is_refused_by_name(tmp_path: Path, closed: str) -> None:
    inside = tmp_path / "theirs"
    inside.mkdir()
    path = inside / "people_1.csv"
    path.write_bytes(b"no\n1\n")
    shut = path if closed == "file" else inside
    shut.chmod(0)
    try:
        with somebody_else(), pytest.raises(SourceFileError, match="Permission denied"):
            readable(path)
    finally:
        shut.chmod(0o700)
