"""Every statement that the product packages or writes: views, query files, analyses with their macros and cells, and
what the segment cases compile to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sqlglot import exp

from enishi import wiring
from enishi.analysis import library, runner
from enishi.analysis.cells import Entity
from enishi.errors import AnalysisError
from enishi.lake.sql import parse
from enishi.ports import Services
from enishi.segment import compile as segments
from enishi.segment.model import condition
from enishi.settings import Settings
from tests.unit.analysis import test_golden as golden
from tests.unit.segment import test_segment_cases as segment_cases

LOCAL = ("analysis", "local", "lake/sql/duckdb_macros.sql")
"""Analyses are read with their macros; the rest of these is for the engines of a laptop."""
PRESENT = datetime(2026, 11, 22, 3, tzinfo=UTC)
Statement = tuple[str, exp.Query]


def statements() -> Iterator[Statement]:
    """Where each stands, and its tree."""
    yield from _query_files()
    yield from _analyses()
    yield from _segments()


def _query_files() -> Iterator[Statement]:
    root = files("enishi")
    for name, file in _below(root, ""):
        if name.endswith(".sql") and not name.startswith(LOCAL):
            yield name, parse(file.read_text("utf-8"), name)


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _below(entry, f"{name}/")
        else:
            yield name, entry


def _analyses() -> Iterator[Statement]:
    """Each as its first case asks it, and the cells that the case opens."""
    with tempfile.TemporaryDirectory(prefix="enishi-grammar-") as home:
        services = wiring.services(Settings(home=Path(home), present=PRESENT))
        for name, file in golden.FILES.items():
            case = file["cases"][0]
            question = runner.ask(services, library.get(name), case.get("given", {}))
            yield f"analysis {name}", runner.statement(services, question)
            yield from _cells(services, name, case, question)


def _cells(services: Services, name: str, case: Mapping[str, Any], question: runner.Question) -> Iterator[Statement]:
    """What a numeric step finds needs rows: the cells of such an analysis are plain lists of ids, and are left out."""
    opened: tuple[tuple[Entity, str], ...] = (("customer", "cells"), ("product", "products"))
    for entity, key in opened:
        for cell in case.get(key, {}):
            with suppress(AnalysisError):
                yield f"analysis {name}, cell {cell}", runner.members(services, question, cell, entity)


def _segments() -> Iterator[Statement]:
    for name, file in segment_cases.FILES.items():
        for case in file["cases"]:
            yield f"segment {name}: {case['name']}", _members(name, case)


def _members(file: str, case: Mapping[str, Any]) -> exp.Query:
    return segments.members(condition(case["condition"]), segment_cases.moment(file, case))
