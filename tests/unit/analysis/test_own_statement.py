"""What a planner's own statement may not be, and what a saved segment is in it."""

from __future__ import annotations

import pytest
from sqlglot import exp

from enishi.analysis import library, own
from enishi.errors import AnalysisError, EnishiError
from enishi.lake.sql import to_athena


def _segment(name: str) -> exp.Query:
    return exp.select("customer_id").from_("v_people").where(exp.column("member_rank").eq(name))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM pii.customer_contacts", "holds personal data"),
        ("SELECT * FROM customer_contacts", "holds personal data"),
        ("SELECT 1 AS a FROM orders WHERE customer_id IN (SELECT customer_id FROM pii.person_keys)", "personal data"),
        ("WITH orders AS (SELECT * FROM pii.quarantine) SELECT * FROM orders", "holds personal data"),
        ("SELECT * FROM work.cohorts", "holds work in progress"),
        ("SELECT * FROM other.orders", "there is no table other.orders"),
        ("SELECT * FROM elsewhere.lake.orders", "no database of the lake"),
        ("SELECT * FROM orderz", "there is no table orderz"),
        ("SELECT * FROM population", "there is no table population"),
        ("SELECT * FROM read_csv('rows.csv')", "is no table"),
        ("SELECT * FROM 'rows.csv'", "there is no table"),
        ("DELETE FROM orders", "not a query"),
        ("SELECT 1 AS a; SELECT 2 AS b", "2 statements"),
        ("SELECT COUNT(*) FROM orders", "has no name"),
        ("SELECT channel, store_id AS channel FROM orders", "two columns are called channel"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(EnishiError, match=said):
        own.statement(text, _segment)


def test_a_segment_is_its_customers() -> None:
    tree = own.statement("SELECT s.customer_id FROM segment.vip AS s", _segment)
    assert to_athena(tree) == (
        "SELECT s.customer_id FROM (SELECT customer_id FROM v_people WHERE member_rank = 'vip') AS s"
    )


def test_names_are_read_by_their_form() -> None:
    given = own.named_values(("day=2026-10-01", "n=3", "rate=0.5", "kinds=ec|app", "all=true", "none=null", "word=a=b"))
    assert str(given["day"]) == "2026-10-01"
    assert (given["n"], float(given["rate"]), given["kinds"], given["all"]) == (3, 0.5, ("ec", "app"), True)
    assert given["none"] is None
    assert given["word"] == "a=b"


def test_a_part_without_a_name_is_refused() -> None:
    with pytest.raises(AnalysisError, match="is not name=value"):
        own.named_values(("2026-10-01",))


def test_the_example_of_the_catalogue_is_the_statement_of_the_file() -> None:
    analysis = library.get("sql_aggregate")
    assert own.example(analysis) == {"sql": analysis.sql}
