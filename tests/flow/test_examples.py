"""docs/examples/README.md says how much of each proposal was edited; here it is counted again."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

import pytest

from enishi.ingest.proposal import propose
from tests.flow.test_datasets import DATA, EXAMPLES, SETS, mapping_text

README = (EXAMPLES / "README.md").read_text("utf-8")
LOADS = [
    pytest.param(said["data"], load, id=f"{name}-{load['file']}")
    for name, said in SETS.items()
    for load in said["data"]["loads"]
]


def bare(text: str) -> list[str]:
    """The lines that say something: no comments, no title."""
    lines = [re.sub(r"(?:^|\s)\s*#\s.*$", "", line).rstrip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("title:")]


def edits(proposed: str, final: str) -> tuple[int, int, int]:
    """Lines that were proposed, of these kept, and lines of the final mapping that are new or changed."""
    before, after = bare(proposed), bare(final)
    kept = sum(match.size for match in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks())
    return len(before), kept, len(after) - kept


def row_of(file: str) -> list[str]:
    """The cells of a file's row in the README's table."""
    [line] = [line for line in README.splitlines() if line.startswith(f"| `{file}`")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(("part", "load"), LOADS)
def test_the_readme_counts_the_edits(part: dict[str, Any], load: dict[str, Any]) -> None:
    file = DATA / part["folder"] / load["file"]
    if not file.is_file():
        pytest.skip("the published data are not beside the project")
    with file.open("rb") as stream:
        counted = edits(propose([(file.name, stream)]).text, mapping_text(load))
    assert [int(cell) for cell in row_of(load["file"])[2:5]] == list(counted)


def test_every_example_is_in_the_readme() -> None:
    for path in sorted(EXAMPLES.glob("*/*.yaml")):
        assert f"({path.relative_to(EXAMPLES).as_posix()})" in README


def test_edits_count_what_they_say() -> None:
    proposed = "# a comment\nid: a\ntitle: x\nzone: UTC # why\nold: 1\n"
    final = "id: a\ntitle: y\nzone: UTC\nnew: 2\nmore: '#3'\n"
    assert edits(proposed, final) == (3, 2, 2)
    assert bare("a: b#c # d") == ["a: b#c"]
