"""`enishi analyses`: questions with a table, a chart, and cells that open customers and products."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import sqlglot
import typer

from enishi.analysis import cells, choices, formats, library, runner
from enishi.analysis.library import parameters
from enishi.analysis.model import Analysis, Parameter
from enishi.analysis.runner import Question
from enishi.cli import answers, catalogue
from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import AnalysisError
from enishi.lake.sql import to_athena, to_duckdb
from enishi.segment import preview, store
from enishi.segment.problems import did_you_mean

HELP = """\
Analyses: 196 questions, each with a table, a chart and cells that open customers and products.

    enishi analyses list --category customer_purchase
    enishi analyses show purchase_conversion_timing
    enishi analyses run purchase_conversion_timing -p max_n=5
    enishi analyses run cross_tab --base "purchase_conversion_timing[n=2]" -p rows=age_band -p columns=gender
    enishi analyses run cross_tab --cell "row_value=30代, column_value=female" --save-segment women_in_30s
"""
app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="markdown")

Id = Annotated[str, typer.Argument(help="An id of the catalogue, or a .sql file of your own")]
Format = Annotated[str | None, typer.Option(help="table, json or csv")]
DIALECTS = {"athena": to_athena, "duckdb": to_duckdb}


@app.command("list")
def list_analyses(
    ctx: typer.Context,
    category: Annotated[str | None, typer.Option(help="Only this category")] = None,
    tier: Annotated[str | None, typer.Option(help="core, standard or advanced")] = None,
    find: Annotated[str | None, typer.Option(help="Only those whose name or question holds this text")] = None,
    format: Format = None,
) -> None:
    """The catalogue, by category."""
    session: Session = ctx.obj
    known = {one.id for one in library.categories()}
    if category is not None and category not in known:
        raise AnalysisError(
            f"there is no category {category}", where="--category", remedy=did_you_mean(category, known)
        )
    chosen = [one for one in library.shipped().values() if _fits(one, category, tier, find)]
    rows = [
        {"id": one.id, "name": one.name.ja, "question": one.question.ja, "category": one.category, "tier": one.tier}
        for one in chosen
    ]
    show(
        session,
        rows,
        title=f"{len(rows)} analyses",
        format=format,
        columns=("id", "name", "question", "category", "tier"),
    )


def _fits(analysis: Analysis, category: str | None, tier: str | None, find: str | None) -> bool:
    said = f"{analysis.id} {analysis.name.ja} {analysis.name.en} {analysis.question.ja} {analysis.question.en}"
    return category in (None, analysis.category) and tier in (None, analysis.tier) and (find or "") in said


@app.command("show")
def show_analysis(
    ctx: typer.Context,
    analysis: Id,
    sql: Annotated[
        str | None, typer.Option(help="The SQL instead, with the given parameters: athena or duckdb")
    ] = None,
    parameter: Annotated[list[str] | None, typer.Option("-p", "--param", help="name=value, as for run")] = None,
    format: Format = None,
) -> None:
    """What an analysis asks, its parameters, columns and cells; or its SQL with `--sql athena`."""
    session: Session = ctx.obj
    found = library.get(analysis)
    if sql is not None:
        typer.echo(_sql(session, _question(session, found, parameter or [], None, None), sql))
        return
    if (format or session.format) != "table":
        show(session, [formats.described(found)], format=format)
        return
    session.console.print(f"[bold]{found.name.ja}[/bold]  {found.name.en}  [dim]{found.category} · {found.tier}[/dim]")
    session.console.print(f"{found.question.ja}\n{found.method.ja}\n", markup=False)
    show(
        session,
        [_parameter_row(one) for one in parameters(found) if not one.hidden],
        title="Parameters (-p name=value)",
    )
    chosen_from = [row for one in parameters(found) if not one.hidden for row in _choice_rows(found, one)]
    show(session, chosen_from, title="Choices", columns=("parameter", "value", "meaning", "in English"))
    columns = [{"column": c.name, "label": c.label_ja, "type": c.type, "unit": c.unit} for c in found.columns]
    show(session, columns, title="Columns")
    opened = [{"keys": ", ".join(c.keys), "opens": c.becomes.ja, "products": bool(c.products)} for c in found.cells]
    show(session, opened, title='Cells (--cell "key=value, …")')


def _parameter_row(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "label": parameter.label_ja,
        "type": parameter.type,
        "default": parameter.default,
        "note": parameter.note,
    }


def _choice_rows(analysis: Analysis, parameter: Parameter) -> list[dict[str, Any]]:
    """What the values of a parameter are called; nothing where it may be any."""
    known = {value: word for value, word in choices.words(analysis, parameter).items() if value != choices.NOTHING}
    return [
        {"parameter": parameter.name, "value": value, "meaning": word.ja, "in English": word.en}
        for value, word in known.items()
    ]


@app.command("run")
def run_analysis(
    ctx: typer.Context,
    analysis: Id,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--param", help="name=value; see `analyses show`")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The end of that day; default yesterday")] = None,
    base: Annotated[str | None, typer.Option(help="Population: a segment, JSON, or a cell of another analysis")] = None,
    cell: Annotated[str | None, typer.Option(help='Open a cell instead: "n=2", "r_score=4..5, f_score=5"')] = None,
    products: Annotated[bool, typer.Option("--products", help="Open the products of the cell")] = False,
    complement: Annotated[bool, typer.Option("--complement", help="Everybody but the cell (該当除外)")] = False,
    save_segment: Annotated[str | None, typer.Option(help="Keep the cell's people (or products) under this id")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows at most")] = runner.ROW_CAP,
    from_lines: Annotated[bool, typer.Option("--from-lines", help="Never read the rollup customer_facts")] = False,
    out: Annotated[Path | None, typer.Option(help="File to write, for parquet, html and png")] = None,
    format: Annotated[str | None, typer.Option(help="table, json, csv, parquet, html or png")] = None,
) -> None:
    """Answer the question; or open one of its cells with `--cell`."""
    session: Session = ctx.obj
    question = _question(session, library.get(analysis), parameter or [], as_of, base, from_lines=from_lines)
    if cell is not None:
        _open_cell(
            session, question, cell, products=products, complement=complement, save_as=save_segment, format=format
        )
        return
    if save_segment is not None:
        raise AnalysisError("a segment needs a cell", where="--save-segment", remedy="Say which with --cell.")
    answer = runner.run(session.services, question, cap=limit)
    answers.write(session, answer, format or session.format, out)


@app.command("catalogue")
def write_catalogue(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder for the pages")] = Path("analyses"),
    as_of: Annotated[str | None, typer.Option(help="The end of that day; default yesterday")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category")] = None,
) -> None:
    """Run every analysis with its defaults and write a browsable page of each, with a picture, and an index."""
    session: Session = ctx.obj
    written = catalogue.write(session, out, as_of, category)
    said = f"{written.pages} pages, {written.without} without a picture: {out / 'index.html'}"
    session.console.print(said, highlight=False)


def _question(
    session: Session,
    analysis: Analysis,
    given: list[str],
    as_of: str | None,
    base: str | None,
    *,
    from_lines: bool = False,
) -> Question:
    pairs = dict(_pair(text) for text in given)
    named = {name: text for name, text in {"as_of": as_of, "base_segment": base}.items() if text}
    return runner.ask(session.services, analysis, {**pairs, **named}, from_lines=from_lines)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise AnalysisError(f"{text!r} is not name=value", where="-p", remedy="Write for example -p max_n=5.")
    return name.strip(), value.strip()


def _open_cell(
    session: Session,
    question: Question,
    cell: str,
    *,
    products: bool,
    complement: bool,
    save_as: str | None,
    format: str | None,
) -> None:
    entity: cells.Entity = "product" if products else "customer"
    found = runner.members(session.services, question, cell, entity, complement=complement)
    address = cells.Address(question.analysis.id, cell, question.parameters, complement)
    if save_as is not None:
        title = f"{question.analysis.name.ja} [{cell}]{' 以外' if complement else ''}"
        saved = store.save_set(
            session.services, save_as, title, address.as_json(), found, question.moment, entity=entity
        )
        show(session, [asdict(saved)], title="Saved", format=format)
        return
    if products:
        show(session, session.services.warehouse.query(found.limit(1000)).to_pylist(), format=format)
        return
    counted = session.services.warehouse.query(preview.count(found)).to_pylist()[0]["customers"]
    rows = session.services.warehouse.query(preview.preview(found, 20)).to_pylist()
    show(session, rows, title=f"{counted:,} customers: {address}", format=format, columns=preview.SHOWN)


def _sql(session: Session, question: Question, dialect: str) -> str:
    if dialect not in DIALECTS:
        raise AnalysisError(f"there is no dialect {dialect}", where="--sql", remedy=did_you_mean(dialect, DIALECTS))
    text = DIALECTS[dialect](runner.statement(session.services, question))
    return sqlglot.parse_one(text, read=dialect).sql(dialect=dialect, pretty=True)
