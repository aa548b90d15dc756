"""Every bad file ends in a named error, or in quarantine with its row, column and reason; good rows are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from enishi.errors import EnishiError, SourceFileError
from enishi.flow.ingest import ingest
from enishi.local.services import local_services
from enishi.settings import Settings
from tests.unit.ingest.bad_files.cases import Case
from tests.unit.ingest.bad_files.page import PAGE, groups, text
from tests.unit.ingest.reading import Reading

ALL = [case for cases in groups().values() for case in cases]
FILE = "drop/lines/file"


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL if not case.stopped])
def test_a_bad_file(case: Case, tmp_path: Path) -> None:
    reading = Reading(tmp_path)
    if case.refused:
        with pytest.raises(SourceFileError) as caught:
            reading.stage(case.source, case.data, FILE)
        refused(caught.value, case.refused)
        return
    staged = reading.stage(case.source, case.data, FILE)
    found = reading.rejects(staged)
    assert [(row["row_no"], row["column"], row["reason"]) for row in found] == list(case.bad)
    assert sum(pile.spill.rows for pile in staged.piles) == case.good
    assert staged.rows_in == case.good + len(case.bad)
    for row, raw in zip(found, case.raw, strict=False):
        assert row["raw"] == raw
    assert all(row["file"].startswith(FILE) for row in found)


def refused(error: EnishiError, words: tuple[str, ...]) -> None:
    said = f"{error.where}|{error.what}|{error.remedy}"
    for word in words:
        assert word in said, said
    assert error.where.startswith(FILE)
    assert error.remedy.endswith(".")


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL if case.stopped])
def test_a_file_that_a_check_stops(case: Case, tmp_path: Path) -> None:
    services = local_services(Settings(home=tmp_path))
    services.raw.put(FILE, case.data)
    with pytest.raises(EnishiError) as caught:
        ingest(services, case.source, FILE)
    for word in case.stopped:
        assert word in str(caught.value)
    services.warehouse.close()  # type: ignore[attr-defined]


def test_the_page_lists_every_case() -> None:
    assert len(ALL) >= 150
    assert len({case.name for case in ALL}) == len(ALL)
    assert text() == PAGE.read_text("utf-8"), "python -m tests.unit.ingest.bad_files"
