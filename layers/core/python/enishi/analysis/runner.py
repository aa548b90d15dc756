"""Running an analysis: parameters → bound statement → rows → numeric step → answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.analysis import axes, cells, footnotes, own, sets, step_cells, steps
from enishi.analysis.answer import Answer, Watermark
from enishi.analysis.binding import NAMES_PEOPLE, bind, labels
from enishi.analysis.cells import Entity
from enishi.analysis.library import get, groups, parameters
from enishi.analysis.model import Analysis
from enishi.analysis.parameters import AS_OF, complete
from enishi.analysis.small import flagged
from enishi.clock import business_day
from enishi.errors import AnalysisError
from enishi.lake import facts, facts_lines, schema
from enishi.lake.facts_spans import ROLLUP
from enishi.lake.sql import check, column, parse, table_ref, tables_of
from enishi.ports import Services
from enishi.segment.as_of import up_to
from enishi.segment.library import Library
from enishi.segment.moment import Moment
from enishi.segment.store import load_library

_ALONE: Mapping[str, Any] = {"parameters": (), "parameter_groups": ("pur",)}
"""An analysis with nothing but the shared parameters of purchases."""
ROW_CAP = 10_000
"""Rows that an answer holds unless asked for more; the answer says how many were cut."""


@dataclass(frozen=True)
class Question:
    """An analysis with every parameter filled in and every set found: what a statement is bound with."""

    analysis: Analysis
    parameters: Mapping[str, Any]
    bound: Mapping[str, Any]
    moment: Moment
    from_lines: bool = False
    """Read the lines even where the rollup `customer_facts` would do."""
    chosen: frozenset[str] = frozenset()
    """The parameters that were given."""


def ask(
    services: Services,
    analysis: Analysis,
    given: Mapping[str, Any],
    library: Library | None = None,
    *,
    from_lines: bool = False,
) -> Question:
    """The question that the given parameters make; values that are left out take their defaults.

    Raises:
        AnalysisError, SegmentError: a parameter or a set that is wrong.
    """
    today = business_day(services.clock.now(), services.settings.tz)
    values = complete(analysis, given, today)
    moment = Moment.end_of(values[AS_OF], services.settings.tz)
    known = library if library is not None else load_library(services)
    opened: Mapping[str, sets.CellQuery] = {
        "segment": lambda address: _cell_query(services, address, "customer", known, from_lines),
        "product_set": lambda address: _cell_query(services, address, "product", known, from_lines),
    }
    bound = sets.resolve(analysis, values, moment, known, opened)
    question = Question(analysis, values, bound, moment, from_lines, frozenset(given))
    return _with_own_statement(services, question, known) if analysis.given_by else question


def _with_own_statement(services: Services, question: Question, library: Library) -> Question:
    """The question with the planner's statement in the place of the file's; asking it for no rows tells its columns."""
    analysis, values = question.analysis, question.parameters
    tree = own.statement(values[analysis.given_by], lambda name: sets.customers(name, question.moment, library))
    bound = {**own.named_values(values["params"]), **question.bound}
    asked = replace(question, analysis=analysis.model_copy(update={"place": "-p sql"}), bound=bound)
    nothing = exp.select("*").from_(exp.to_table(own.ROWS)).limit(0)
    nothing.set("with_", own.with_rows(tree))
    found = services.warehouse.query(_ready(services, asked, nothing)).schema
    return replace(asked, analysis=own.described(analysis, tree, found))


def statement(services: Services, question: Question) -> exp.Query:
    """The SQL that answers the question, in Athena's dialect, ready to run.

    Raises:
        QueryError: the analysis uses what is not proven on both engines.
    """
    return _ready(services, question, parse(question.analysis.sql, question.analysis.place))


def run(services: Services, question: Question, *, cap: int = ROW_CAP) -> Answer:
    """Answer the question.

    Raises:
        AnalysisError: the rows are not the declared columns, or a numeric step cannot be done on them.
        QueryError, LakeError: the statement does not run.
    """
    analysis, query = question.analysis, _asked(services, question)
    marks = _watermarks(services, query)
    if missing := _missing(services, analysis):
        reason = labels()["no_rows"] + "、".join(f"{schema.table(name).ja}({name})" for name in missing)
        return Answer(analysis, question.parameters, empty(analysis), marks, reason=reason, chosen=question.chosen)
    began = time.perf_counter()
    rows, notes = footnotes.taken(services.warehouse.query(query), analysis)
    seconds = time.perf_counter() - began
    if analysis.step:
        rows = steps.finish(analysis.step, rows, question.parameters)
    _check_columns(analysis, rows)
    rows = flagged(rows, analysis, question.parameters)
    if analysis.given_by:
        notes = _measured(question, rows, seconds)
    elif notes is None:
        notes = _footnotes(services, question)
    rows = rows.slice(0, question.parameters["row_limit"]) if analysis.given_by else rows
    return Answer(
        analysis,
        question.parameters,
        rows.slice(0, cap),
        marks,
        notes,
        max(rows.num_rows - cap, 0),
        reason="" if rows.num_rows else labels()["no_match"],
        labels=_axis_labels(question),
        chosen=question.chosen,
    )


def _asked(services: Services, question: Question) -> exp.Query:
    """What is sent to the engine for an answer: a planner's own statement capped, others with their footnotes."""
    analysis = question.analysis
    if analysis.given_by:
        return own.capped(statement(services, question), question.parameters)
    return _ready(services, question, footnotes.with_answer(parse(analysis.sql, analysis.place), analysis))


def members(
    services: Services, question: Question, cell: str, entity: Entity = "customer", *, complement: bool = False
) -> exp.Query:
    """The customers or products of a cell, as a query of one column of ids, each once (rule SET).

    Where a numeric step names them it runs now, and writes them to `work.cell_members`.

    Raises:
        AnalysisError: the analysis has no such cell.
    """
    analysis, chosen = question.analysis, cells.choose(question.analysis, cell)
    if not cells.is_by_step(analysis, chosen, entity):
        return _ready(services, question, cells.members(analysis, chosen, entity, complement=complement))
    asked = replace(question, bound={**question.bound, NAMES_PEOPLE: True})
    found = step_cells.members(services, analysis, question.parameters, statement(services, asked), chosen)
    return _ready(services, question, cells.rest(entity, found)) if complement else found


def _cell_query(services: Services, text: str, entity: Entity, library: Library, from_lines: bool) -> exp.Query:
    address = cells.read_address(text)
    question = ask(services, get(address.analysis), address.parameters, library, from_lines=from_lines)
    return members(services, question, address.cell, entity, complement=address.complement)


def _ready(services: Services, question: Question, tree: exp.Query) -> exp.Query:
    bound = bind(tree, question.analysis, question.bound, services.settings)
    check(bound, question.analysis.place)
    rollup = None if question.from_lines else facts.present(services.warehouse)
    return up_to(bound, question.moment, rollup=rollup, default_purchases=_asks_default_purchases(question))


def _asks_default_purchases(question: Question) -> bool:
    """Whether every parameter that says what a purchase is has its default, so that `purchases` are the view's."""
    shared = {parameter.name: parameter for parameter in groups()["pur"]}
    usual = complete(question.analysis.model_copy(update=_ALONE), {}, question.moment.day)
    return all(question.bound.get(name, usual[name]) == usual[name] for name in shared)


def _footnotes(services: Services, question: Question) -> footnotes.Notes:
    """Each footnote by a statement of its own, for an answer that cannot carry them."""
    found = []
    for note in question.analysis.footnotes:
        tree = parse(question.analysis.sql, question.analysis.place)
        query = footnotes.alone(tree, note.cte)
        query.set("with_", tree.args["with_"].copy())
        rows = services.warehouse.query(_ready(services, question, query)).to_pylist()
        found.append((note.label_ja, next(iter(rows[0].values())) if rows else None))
    return tuple(found)


def _measured(question: Question, rows: pa.Table, seconds: float) -> tuple[tuple[str, Any], ...]:
    """What is said below the planner's own statement: its rows, and whether `row_limit` cut them, and its time."""
    limit = question.parameters["row_limit"]
    label = "行数(row_limitで打ち切り)" if rows.num_rows > limit else "行数"
    return (label, min(rows.num_rows, limit)), ("実行秒数", round(seconds, 2))


def _missing(services: Services, analysis: Analysis) -> list[str]:
    """The optional tables that hold nothing (rule EMPTY)."""
    return [name for name in analysis.needs if not services.warehouse.snapshot(name)]


def empty(analysis: Analysis) -> pa.Table:
    """No rows, under the declared columns."""
    return pa.table({name: pa.nulls(0) for name in analysis.column_names})


def _check_columns(analysis: Analysis, rows: pa.Table) -> None:
    if tuple(rows.column_names) != analysis.stated_names:
        declared, found = ", ".join(analysis.stated_names), ", ".join(rows.column_names)
        raise AnalysisError(
            f"the statement gives {found}", where=analysis.place, remedy=f"Make it give what is declared: {declared}."
        )


def _axis_labels(question: Question) -> dict[str, str]:
    """The header of an axis column is what the planner chose; of two axes in one column, both."""
    chosen: dict[str, list[str]] = {}
    for parameter in parameters(question.analysis):
        if parameter.shown_as and question.parameters[parameter.name]:
            chosen.setdefault(parameter.shown_as, []).append(question.parameters[parameter.name])
    return {column: axes.label(",".join(names)) for column, names in chosen.items()}


def _watermarks(services: Services, query: exp.Query) -> tuple[Watermark, ...]:
    """Of every table that the query reads; its views are spelled out. Lines that a refresh wrote are its rollup's."""
    of_rollup = {ROLLUP} if facts_lines.reads(query) else set()
    names = sorted({table.name for table in tables_of(query) if not table.db} | of_rollup)
    return tuple(Watermark(name, services.warehouse.snapshot(name), _last_day(services, name)) for name in names)


def _last_day(services: Services, name: str) -> str:
    """The last business day of a table of facts; "" for a table without days."""
    partition = schema.table(name).partition
    if not isinstance(partition, schema.Monthly):
        return ""
    latest = exp.select(exp.alias_(exp.Max(this=column("t", partition.column)), "day")).from_(table_ref(name, "t"))
    day = services.warehouse.query(latest).to_pylist()[0]["day"]
    return day.isoformat() if isinstance(day, date) else ""
