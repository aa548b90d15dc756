"""`enishi` itself: its list of commands is true, costs nothing, and a mistyped word is told in words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from enishi.cli import main

LISTED = """
import sys
from enishi.cli.main import app
app(["--help"], standalone_mode=False)
heavy = {"duckdb", "pyarrow", "sqlglot", "pyiceberg", "pydantic", "jinja2"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


@pytest.mark.parametrize("name", [*main.COMMANDS, *main.GROUPS])
def test_the_list_says_of_a_command_what_it_says_of_itself(name: str) -> None:
    own = main._command(name).help.split("\n\n")[0]
    assert " ".join(own.split()) == {**main.COMMANDS, **main.GROUPS}[name]


def test_listing_the_commands_imports_nothing_that_they_work_with() -> None:
    done = subprocess.run([sys.executable, "-c", LISTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in (*main.COMMANDS, *main.GROUPS))


@pytest.mark.parametrize("words", [["segmnts"], ["segments", "lst"], ["demo", "--memebrs", "3"]])
def test_a_mistyped_word_is_an_error_in_words(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["enishi", *words])
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 2
    assert "Did you mean" in capsys.readouterr().err or words[0] == "demo"
