"""Values, shares and rows as trees, run on DuckDB and read back in Athena's words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from enishi.errors import QueryError
from enishi.ids import share
from enishi.lake import sql


def value_of(engine: duckdb.DuckDBPyConnection, tree: exp.Expr) -> Any:
    [[value]] = engine.execute(sql.to_duckdb(exp.select(tree))).fetchall()
    return value


@pytest.mark.parametrize(
    ("value", "athena"),
    [
        ("it's", "'it''s'"),
        (-3, "-3"),
        (Decimal("-1.50"), "-1.50"),
        (True, "TRUE"),
        (None, "NULL"),
        (date(2026, 1, 2), "CAST('2026-01-02' AS DATE)"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "CAST('2026-01-02 03:00:00.000000' AS TIMESTAMP(6))"),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=9))),
         "CAST('2026-01-01 18:00:00.000000' AS TIMESTAMP(6))"),
        (0.1, "CAST('0.1' AS DOUBLE)"),
    ],
)  # fmt: skip
def test_a_literal_in_athenas_words(value: Any, athena: str) -> None:
    assert sql.to_athena(sql.literal(value)) == athena


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_any_text_comes_back_whole(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert value_of(engine, sql.literal(text)) == text
    assert sql.parse(f"SELECT {sql.to_athena(sql.literal(text))}", "test").selects[0].name == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a\x00b", object(), Decimal("NaN")])
def test_what_cannot_be_a_literal_is_refused(value: Any) -> None:
    with pytest.raises(QueryError):
        sql.literal(value)


@pytest.mark.parametrize("customer", ["C1", "お客様", "", "a|b", "C00000000000000000001"])
def test_a_share_is_the_same_in_sql(engine: duckdb.DuckDBPyConnection, customer: str) -> None:
    assert value_of(engine, sql.share("holdout", sql.literal(customer))) == share("holdout", customer)


def test_a_share_is_proven_sql_for_athena() -> None:
    tree = exp.select(sql.share("salt", sql.column("c", "customer_id")))
    assert sql.lint(tree) == []
    assert sql.to_athena(tree) == (
        "SELECT CAST(FROM_BASE(SUBSTR(TO_HEX(SHA256(TO_UTF8('salt|' || c.\"customer_id\"))), 1, 8), 16) AS DOUBLE) "
        "/ CAST('4294967296.0' AS DOUBLE)"
    ).replace("c.", '"c".' if '"c"' in sql.to_athena(tree) else "c.")


def test_rows_of_a_group_are_a_list_of_structs(engine: duckdb.DuckDBPyConnection) -> None:
    fields = [("item", sql.column("t", "x"), "string"), ("price", sql.column("t", "p"), "decimal(18,2)")]
    rows = sql.rows_of(fields, [sql.column("t", "p")], where=sql.column("t", "p") > sql.literal(1))
    source = sql.parse("SELECT x, p FROM (VALUES ('b', 3), ('a', 2), ('z', 1)) AS v(x, p)", "test")
    query = exp.select(exp.alias_(rows, "items")).from_(source.subquery("t"))
    assert sql.lint(query) == []
    [[items]] = engine.execute(sql.to_duckdb(query)).fetchall()
    assert items == [{"item": "a", "price": Decimal("2.00")}, {"item": "b", "price": Decimal("3.00")}]
    assert "ROW(item VARCHAR, price DECIMAL(18, 2))" in sql.to_athena(query)


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "DROP TABLE orders", "SELEC 1", "", "DELETE FROM orders"])
def test_only_one_query_is_a_query(text: str) -> None:
    with pytest.raises(QueryError):
        sql.parse(text, "test")


@pytest.mark.parametrize(
    "text", ["1 = 1 ORDER BY 1", "1 = 1; DROP TABLE x", "x = 1 GROUP BY x", "1 = 1 UNION SELECT 1"]
)
def test_only_a_condition_is_a_condition(text: str) -> None:
    with pytest.raises(QueryError):
        sql.parse_condition(text, "test")


def test_a_past_may_be_asked_for() -> None:
    assert sql.lint(sql.parse("SELECT a FROM t FOR TIMESTAMP AS OF TIMESTAMP '2026-01-01 00:00:00 UTC'", "test")) == []


@pytest.mark.parametrize("text", ["PREPARE p FROM SELECT 1", "EXECUTE p", "EXECUTE IMMEDIATE 'SELECT 1'"])
def test_only_a_query_is_parsed(text: str) -> None:
    with pytest.raises(QueryError, match="not a query"):
        sql.parse(text, "test")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT NTILE(5) OVER (ORDER BY x) FROM t", "percent_rank"),
        ("SELECT CURRENT_DATE", "parameter"),
        ("SELECT NOW()", "parameter"),
        ("SELECT RANDOM()", "share"),
        ("SELECT ST_POINT(1, 2)", "st_point is not proven"),
        ('SELECT "$path" FROM t', "hidden column"),
        ("SELECT ts AT TIME ZONE 'Asia/Tokyo' FROM t", "AT TIME ZONE"),
        ("SELECT WITH_TIMEZONE(ts, 'Asia/Tokyo') FROM t", "with_timezone"),
        ("SELECT FROM_UNIXTIME(1)", "from_unixtime"),
        ("SELECT TYPEOF(1)", "Cast"),
        ("SELECT ARRAY_DISTINCT(a) FROM t", "array_agg"),
        ("SELECT * FROM t TABLESAMPLE BERNOULLI (10)", "TABLESAMPLE"),
        ("SELECT NORMALIZE(x, NFKC) FROM t", "when loading"),
        ("SELECT FROM_BASE('7', 8)", "base 16"),
        ("SELECT DATE_FORMAT(ts, p) FROM t", "literal pattern"),
        ("SELECT x FROM t ORDER BY x FETCH FIRST 3 ROWS WITH TIES", "rank()"),
        ("SELECT x FROM t FETCH FIRST 3 ROWS ONLY", "LIMIT"),
        ("SELECT x FROM t MATCH_RECOGNIZE (PATTERN (A) DEFINE A AS x > 1)", "window functions"),
        ("SELECT ST_DISTANCE(a, b) FROM t", "great_circle_distance"),
        ("SELECT MERGE(CAST(x AS HYPERLOGLOG)) FROM t", "approx_distinct"),
        ("SELECT APPROX_SET(x) FROM t", "approx_distinct"),
        ("SELECT VALUE_AT_QUANTILE(TDIGEST_AGG(x), 0.5) FROM t", "approx_percentile"),
        ("SELECT JSON_VALUE(x, 'lax $.a') FROM t", "json_extract_scalar"),
        ("SELECT URL_EXTRACT_FRAGMENT(x) FROM t", "not proven"),
        ("SELECT t.x FROM t LEFT JOIN UNNEST(t.a) AS u(x) ON u.x > 1", "ON TRUE"),
        ("SELECT t.x FROM t RIGHT JOIN UNNEST(t.a) AS u(x) ON TRUE", "LEFT JOIN"),
        ("SELECT t.a FROM t LEFT JOIN u ON EXISTS (SELECT 1 FROM v WHERE v.a = t.a AND v.b = u.b)", "that is joined"),
        ("SELECT t.a FROM t RIGHT JOIN u ON u.a IN (SELECT a FROM v)", "that is joined"),
        ("SELECT t.a FROM t FULL JOIN u ON u.a = t.a AND u.b > (SELECT MAX(b) FROM v)", "that is joined"),
        ("SELECT SUM(x) FILTER (WHERE x > 1) OVER (ORDER BY x) FROM t", "CASE WHEN"),
        ("SELECT SUM(x) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t", "ROWS or RANGE"),
        ("SELECT * EXCEPT (a) FROM t", "List the columns"),
        ("SELECT DISTINCT ON (a) b FROM t", "row_number"),
        ("SELECT a FROM t GROUP BY ALL", "Name the columns"),
        ("SELECT a FROM t WHERE a ILIKE 'x%'", "lower(x)"),
        ("SELECT a FROM t NATURAL JOIN u", "JOIN … ON"),
        ("SELECT a FROM t WHERE a = ANY (SELECT 1)", "EXISTS"),
        ("SELECT CAST(a AS REAL) FROM t", "DOUBLE"),
        ("SELECT CAST(a AS TIMESTAMP WITH TIME ZONE) FROM t", "TIMESTAMP"),
        ("SELECT a FROM t FOR VERSION AS OF 7", "instant"),
    ],
)
def test_what_is_not_proven_is_refused_with_what_to_write(text: str, says: str) -> None:
    assert says in " ".join(sql.lint(sql.parse(text, "test")))


def test_views_become_ctes_once_and_in_order() -> None:
    tree = sql.parse("SELECT * FROM v_lines AS a JOIN v_purchases AS b ON a.order_id = b.order_id", "test")
    expanded = sql.expand_views(tree)
    assert [cte.alias for cte in expanded.ctes] == ["v_identity", "v_orders", "v_purchases", "v_lines"]
    read = {table.name for table in sql.tables_of(expanded)}
    assert read == {"customers", "orders", "order_lines", "products", "virtual_keys"}


def test_a_cte_of_the_query_hides_a_view() -> None:
    tree = sql.parse("WITH v_lines AS (SELECT 1 AS x) SELECT x FROM v_lines", "test")
    assert [cte.alias for cte in sql.expand_views(tree).ctes] == ["v_lines"]


@pytest.mark.parametrize("name", sql.view_names())
def test_every_view_is_proven(name: str) -> None:
    assert sql.lint(sql.view(name)) == []
