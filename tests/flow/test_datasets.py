"""Data sets of other people through the real ingest, by the mappings of docs/examples, against figures of others.

Each folder of `tests/cases/datasets` holds a small invented sample in the same layout, with answers worked out by hand,
and says which figures of the published data (where they lie beside the project) the same mappings must meet.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow.lib import ensure_type

from enishi.flow import ingest as flow
from enishi.ingest.mapping import Mapping, parse
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "datasets"
EXAMPLES = ROOT / "docs" / "examples"
DATA = Path(os.environ.get("ENISHI_PUBLIC_DATA", ROOT.parent / "shared" / "data"))
SETS = {path.parent.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(CASES.glob("*/cases.yaml"))}


def mapping_text(load: dict[str, Any]) -> str:
    """The mapping of a load: one of docs/examples, or one of the package's own."""
    if "package" in load:
        return (files("enishi.sample") / "completejourney" / f"{load['package']}.yaml").read_text("utf-8")
    return (EXAMPLES / f"{load['mapping']}.yaml").read_text("utf-8")


def mapping_of(load: dict[str, Any]) -> Mapping:
    return parse(mapping_text(load), load.get("mapping", load.get("package")))


def _plain(data: bytes, _types: dict[str, str]) -> bytes:
    return data


def _gzip(data: bytes, _types: dict[str, str]) -> bytes:
    return gzip.compress(data, mtime=0)


def _parquet(data: bytes, types: dict[str, str]) -> bytes:
    kinds = {name: ensure_type(kind) for name, kind in types.items()}
    options = pacsv.ConvertOptions(column_types=kinds, strings_can_be_null=True, null_values=[""])
    sink = io.BytesIO()
    pq.write_table(pacsv.read_csv(io.BytesIO(data), convert_options=options), sink)
    return sink.getvalue()


PACKS: dict[str, Callable[[bytes, dict[str, str]], bytes]] = {"": _plain, "gzip": _gzip, "parquet": _parquet}


class Loaded:
    """A home with the files of one part (`sample` or `data`) of a set in it."""

    def __init__(self, name: str, part: str, home: Path) -> None:
        said = SETS[name]
        self.said = said[part]
        self.folder = DATA / self.said["folder"] if part == "data" else CASES / name
        self.services: Services = local_services(Settings(home=home, zone=said["zone"]))
        self.reports = [self._load(load, said.get("types", {})) for load in self.said["loads"]]

    def _load(self, load: dict[str, Any], types: dict[str, str]) -> flow.LoadReport:
        mapping = mapping_of(load)
        data = PACKS[load.get("pack", "")]((self.folder / load["file"]).read_bytes(), types)
        key = f"drop/{mapping.id}/{load['file']}"
        self.services.raw.put(key, data)
        return flow.ingest(self.services, mapping, key)

    def ask(self, text: str) -> pa.Table:
        query = sql.parse(text, "answer")
        sql.check(query, "answer")
        return self.services.warehouse.query(query)

    def figure(self, path: str) -> Any:
        """A figure of the oracle, by its path."""
        found = json.loads((self.folder / self.said.get("oracle", "oracle.json")).read_text("utf-8"))
        for name in path.split("."):
            found = found[int(name)] if isinstance(found, list) else found[name]
        return found

    def close(self) -> None:
        self.services.warehouse.close()  # type: ignore[attr-defined]


def plain(value: Any) -> Any:
    """A value as YAML and JSON have it."""
    match value:
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
    return value


def rows(answer: pa.Table) -> list[list[Any]]:
    return [[plain(value) for value in row.values()] for row in answer.to_pylist()]


def as_figure(answer: pa.Table, figure: Any) -> Any:
    """The answer in the shape of the figure: a number, an object (of objects), or a list of objects."""
    found = rows(answer)
    if isinstance(figure, list):
        return [dict(zip(answer.column_names, row, strict=True)) for row in found]
    if not isinstance(figure, dict):
        return found[0][0]
    nested: dict[Any, Any] = {}
    for *path, last, value in found:
        inner = nested
        for key in path:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return nested


def narrowed(figure: Any, names: Sequence[str], skip: int) -> Any:
    """A list of objects without its first `skip`, with the columns that were asked for."""
    return [{name: row[name] for name in names} for row in figure[skip:]] if isinstance(figure, list) else figure


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Loaded]]:
    """Homes by set and part, each loaded once."""
    made: dict[tuple[str, str], Loaded] = {}

    def get(name: str, part: str) -> Loaded:
        if part == "data" and not (DATA / SETS[name]["data"]["folder"]).is_dir():
            pytest.skip("the published data are not beside the project")
        if (name, part) not in made:
            made[name, part] = Loaded(name, part, tmp_path_factory.mktemp(f"{name}_{part}"))
        return made[name, part]

    yield get
    for one in made.values():
        one.close()


def parts() -> list[tuple[str, str]]:
    return [(name, part) for name, said in SETS.items() for part in ("sample", "data") if part in said]


def answers() -> list[Any]:
    return [
        pytest.param(name, part, answer, id=f"{name}-{part}-{place}")
        for name, part in parts()
        for place, answer in enumerate(SETS[name][part]["answers"])
    ]


@pytest.mark.parametrize(("name", "part"), parts())
def test_every_row_is_read_and_none_is_lost(name: str, part: str, loaded: Callable[[str, str], Loaded]) -> None:
    found = loaded(name, part)
    counts = [(report.rows_in, report.rows_rejected) for report in found.reports]
    assert counts == [(load["rows"], load["quarantined"]) for load in found.said["loads"]]


@pytest.mark.parametrize(("name", "part", "answer"), answers())
def test_figures_agree(name: str, part: str, answer: dict[str, Any], loaded: Callable[[str, str], Loaded]) -> None:
    found = loaded(name, part)
    table = found.ask(answer["sql"])
    if "figure" in answer:
        figure = found.figure(answer["figure"])
        wanted = narrowed(figure, table.column_names, answer.get("skip", 0))
        assert as_figure(table, figure) == wanted
    elif "table" in answer:
        with (found.folder / answer["table"]).open(encoding="utf-8") as lines:
            published = [[row[name] for name in table.column_names] for row in csv.DictReader(lines)]
        assert rows(table) == [[row[0], *(float(value or 0) for value in row[1:])] for row in published]
    else:
        assert rows(table) == answer["rows"]
