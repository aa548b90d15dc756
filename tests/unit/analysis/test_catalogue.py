"""What holds for every file of the catalogue, whatever it asks."""

from __future__ import annotations

import re
from functools import cache

import pytest
from sqlglot import exp

from enishi.analysis import binding, library
from enishi.analysis.expressions import write_out
from enishi.analysis.macros import with_macros
from enishi.analysis.model import LOW_N, Analysis
from enishi.lake import schema
from enishi.lake.sql import lint, parse, tables_of, view_names

IDS = sorted(library.shipped())
_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
RULES = (
    "TZ", "PUR", "RET", "NEG", "GUEST", "MERGE", "WD", "N0", "DIV0", "UNK", "TIE", "CENSOR", "SMALL", "BOT", "MPP",
    "ATTR", "RECON", "SET", "DEDUP", "HOLD", "ONCE", "MULTI", "EMPTY", "MONEY", "LATE", "SCD", "FIFO",
)  # fmt: skip


@cache
def _statement(name: str) -> exp.Query:
    """What the file says; not to be changed."""
    analysis = _analysis(name)
    return parse(analysis.sql, analysis.place)


@cache
def _tree(name: str) -> exp.Query:
    """The statement with its macros and shared expressions; not to be changed."""
    analysis = _analysis(name)
    return write_out(with_macros(_statement(name).copy()), analysis.place)


def _ctes(tree: exp.Query) -> dict[str, exp.Expr]:
    clause = tree.args.get("with_")
    return {cte.alias: cte.this for cte in clause.expressions} if clause else {}


def _analysis(name: str) -> Analysis:
    return library.shipped()[name]


@pytest.mark.parametrize("name", IDS)
def test_the_file_stands_under_its_own_name(name: str) -> None:
    analysis = _analysis(name)
    assert analysis.place == f"{analysis.category}/{analysis.id}.sql"


@pytest.mark.parametrize("name", IDS)
def test_nothing_is_left_to_be_written(name: str) -> None:
    analysis = _analysis(name)
    assert "TODO" not in repr(analysis) + analysis.sql
    assert re.search("[ぁ-んァ-ヶ一-龠]", analysis.question.ja), "the Japanese question is not Japanese"
    assert [p.name for p in library.parameters(analysis) if not p.label_ja] == []
    assert set(analysis.rules) <= set(RULES)


@pytest.mark.parametrize("name", IDS)
def test_what_planners_read_is_japanese(name: str) -> None:
    analysis = _analysis(name)
    texts = [analysis.name, analysis.question, analysis.method, *analysis.notes]
    said = [*texts, *(cell.becomes for cell in analysis.cells)]
    assert [text.ja for text in said if not _JAPANESE.search(text.ja)] == []
    assert [text.en for text in said if text.en == text.ja] == []


@pytest.mark.parametrize("name", IDS)
def test_every_parameter_is_used_and_every_hole_is_a_parameter(name: str) -> None:
    analysis = _analysis(name)
    holes = {hole.name for hole in _tree(name).find_all(exp.Placeholder)}
    declared = {parameter.name for parameter in library.parameters(analysis)}
    derived = {"zone", "z", "everyone", "any_product", "as_of", binding.NAMES_PEOPLE} | set(binding.labels())
    derived |= {f"{parameter}{ending}" for parameter in declared for ending in ("_name", "_is_open")}
    derived |= {f"{axis.name}_reads_{one}" for axis in analysis.parameters for one in axis.over}
    assert holes <= declared | derived
    said = holes | {hole.removesuffix("_name").removesuffix("_is_open") for hole in holes}
    said |= {name for one in analysis.parameters for name in re.findall("[a-z_]+", str(one.default))}
    own = {parameter.name for parameter in analysis.parameters}
    assert own <= said or analysis.step or analysis.given_by, f"unused: {own - said}"


@pytest.mark.parametrize("name", IDS)
def test_rates_say_of_how_many_they_are(name: str) -> None:
    """Rule SMALL: an answer that it is for says which rows are of few."""
    analysis = _analysis(name)
    assert {"int", "double"} >= {analysis.column(whole).type for whole in analysis.rates.values()}
    assert "SMALL" in analysis.rules or not analysis.rates
    assert LOW_N.name in analysis.column_names or "SMALL" not in analysis.rules


@pytest.mark.parametrize("name", IDS)
def test_the_statement_uses_what_is_proven_on_both_engines(name: str) -> None:
    assert lint(_tree(name)) == []


@pytest.mark.parametrize("name", IDS)
def test_the_rows_have_an_order(name: str) -> None:
    analysis = _analysis(name)
    assert analysis.step or _statement(name).args.get("order") is not None


@pytest.mark.parametrize("name", IDS)
def test_it_reads_tables_of_the_lake(name: str) -> None:
    for table in tables_of(_tree(name)):
        assert table.db or table.name in view_names() or schema.table(table.name)


@pytest.mark.parametrize("name", IDS)
def test_cells_open_ctes_that_hold_their_keys(name: str) -> None:
    analysis = _analysis(name)
    ctes = _ctes(_statement(name))
    for cell in analysis.cells:
        opened = cell.customers or cell.products or (cell.by_step and analysis.step)
        assert opened, f"the cell {cell.name} opens nothing"
        for cte, key in ((cell.customers, "customer_id"), (cell.products, "product_id")):
            if cte:
                held = set(ctes[cte].named_selects)
                assert "*" in held or {*cell.keys, key} <= held, f"{cell.name}: {cte} lacks {set(cell.keys) - held}"


@pytest.mark.parametrize("name", IDS)
def test_charts_draw_columns_of_the_answer(name: str) -> None:
    analysis = _analysis(name)
    assert analysis.charts
    for chart in analysis.charts:
        drawn = [chart.x, chart.color, chart.size, chart.facet, chart.low, chart.high, chart.source, chart.target]
        drawn += [chart.y] if isinstance(chart.y, str) else list(chart.y)
        assert {name for name in drawn if name} <= set(analysis.column_names)
