"""A wrong segment says where it is wrong and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.errors import NotSupportedError, SegmentError
from enishi.segment.compile import members, predicate, tables
from enishi.segment.library import Library
from enishi.segment.model import load, load_text
from enishi.segment.moment import Moment

NOW = Moment(datetime(2026, 11, 21, 3, tzinfo=UTC), date(2026, 11, 21))
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "segments" / "wrong" / "wrong.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_wrong_segment(case: Mapping[str, Any]) -> None:
    with pytest.raises(SegmentError) as caught:
        members(load(case["segment"], "wrong.yaml"), NOW)
    error = caught.value
    assert (error.where, error.what) == (case["where"], case["what"])
    assert case["remedy"] in error.remedy


def test_a_file_that_is_not_yaml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("title: a\nall: [\n  - x: {", encoding="utf-8")
    with pytest.raises(SegmentError) as caught:
        load(path)
    assert caught.value.where.startswith(f"{path}:")


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "sjis.yaml"
    path.write_bytes("title: 休眠".encode("cp932"))
    with pytest.raises(SegmentError, match="cannot be read"):
        load(path)


def test_cells_come_with_the_analyses() -> None:
    with pytest.raises(NotSupportedError, match="cells of analyses"):
        members(load({"cell": {"analysis": "nth_purchase", "row": {"n": 2}}}), NOW)


def test_segments_in_a_circle_are_refused() -> None:
    library = Library().plus(load({"id": "a", "all": [{"segment": "b"}]}), load({"id": "b", "any": [{"segment": "a"}]}))
    with pytest.raises(SegmentError, match="a → b → a") as caught:
        predicate(library.get("a"), NOW, Library(library.segments))
    assert caught.value.remedy == "Break the circle."


def test_an_unknown_segment_names_the_closest() -> None:
    library = Library().plus(load({"id": "dormant", "everyone": True}))
    with pytest.raises(SegmentError, match="Did you mean dormant"):
        predicate({"segment": "dormnat"}, NOW, library)


def test_tables_go_through_other_segments_and_views() -> None:
    library = Library().plus(load({"id": "buyers", "purchase": {"ever": True}}))
    read = tables({"all": [{"segment": "buyers"}, {"consent": "mail"}]}, library)
    assert read == {"orders", "consents"}


def test_a_segment_is_kept_as_it_was_written() -> None:
    segment = load_text("{title: 休眠, purchase: {none_in: 180 days}, description: 長く買っていない}", "inline")
    again = load_text(segment.as_json(), "kept")
    assert (again.title, again.description, again.definition) == (
        segment.title,
        segment.description,
        segment.definition,
    )
