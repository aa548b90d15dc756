"""Statements that are too large for one plan, and what is written first."""

from __future__ import annotations

from sqlglot import exp

from enishi.lake.sql import divided, parse, stages, to_athena
from enishi.lake.sql.divide import Divided

OFTEN = """
WITH days AS (SELECT order_date, COUNT(*) AS orders FROM orders GROUP BY order_date),
  labels AS (SELECT 1 AS one)
SELECT a.order_date FROM days AS a JOIN days AS b ON b.order_date = a.order_date JOIN days AS c ON c.orders = a.orders
"""


def tree(text: str) -> exp.Query:
    return parse(text, "test")


def texts(found: Divided) -> dict[str, str]:
    return {name: to_athena(query) for name, query in found.first.items()} | {"": to_athena(found.rest)}


def test_a_table_a_join_a_grouping_and_an_order_take_a_stage_each() -> None:
    assert stages(tree("SELECT order_id FROM orders")) == 1
    assert stages(tree("SELECT o.order_id FROM orders AS o JOIN order_lines AS l ON l.order_id = o.order_id")) == 3
    assert stages(tree("SELECT store_id, COUNT(*) FROM orders GROUP BY store_id ORDER BY store_id")) == 3
    assert stages(tree("SELECT MAX(order_date) FROM orders")) == 2
    assert stages(tree("SELECT COUNT(DISTINCT order_id), COUNT(DISTINCT customer_id) FROM orders")) == 4


def test_windows_take_a_stage_for_each_of_their_keys() -> None:
    two = "SELECT SUM(n) OVER (PARTITION BY a), MAX(n) OVER (PARTITION BY a), SUM(n) OVER (PARTITION BY b) FROM orders"
    assert stages(tree(two)) == 3


def test_a_relation_counts_as_often_as_it_is_named() -> None:
    assert stages(tree(OFTEN)) == 3 * 2 + 2
    nested = "WITH a AS (WITH b AS (SELECT 1 AS x FROM orders) SELECT p.x FROM b AS p, b AS q) SELECT x FROM a, a AS c"
    assert stages(tree(nested)) == 2 * 3 + 1


def test_an_unnested_array_is_no_stage_and_a_set_of_ids_is_two() -> None:
    assert stages(tree("SELECT t.x FROM orders CROSS JOIN UNNEST(ARRAY[1, 2]) AS t(x)")) == 1
    assert stages(tree("SELECT order_id FROM orders WHERE customer_id IN (SELECT customer_id FROM customers)")) == 3


def test_what_can_give_no_row_takes_nothing() -> None:
    both = "SELECT 1 AS x FROM orders WHERE 'net' = 'net' UNION ALL SELECT 1 FROM carts, customers WHERE {}"
    for never in ("'net' = 'gross'", "NOT TRUE", "FALSE AND order_id > '1'", "NOT ('a' = 'a' OR x > 1)"):
        assert stages(tree(both.format(never))) == 2, never
    assert stages(tree(both.format("'net' = 'gross' OR x > 1"))) == 2 + 3


def test_an_aggregate_of_nothing_is_a_row_and_is_counted() -> None:
    assert stages(tree("SELECT COUNT(*) FROM orders WHERE FALSE")) == 2


def test_a_small_statement_stays_whole() -> None:
    given = tree(OFTEN)
    assert divided(given, limit=8).first == {}
    assert divided(given, limit=8).rest is given


def test_what_is_named_often_is_written_once() -> None:
    found = divided(tree(OFTEN), limit=7)
    assert texts(found) == {
        "days": (
            "WITH days AS (SELECT order_date, COUNT(*) AS orders FROM orders GROUP BY order_date) "
            "SELECT days.order_date, days.orders FROM days"
        ),
        "": (
            "SELECT a.order_date FROM days AS a JOIN days AS b ON b.order_date = a.order_date "
            "JOIN days AS c ON c.orders = a.orders"
        ),
    }
    assert stages(found.rest) == 5


def test_a_relation_that_is_written_may_read_one_that_was_written_before() -> None:
    twice = "SELECT p.x FROM {0} AS p JOIN {0} AS q ON q.x = p.x JOIN {0} AS r ON r.x = p.x"
    bodies = [f"{name} AS ({twice.format(of)})" for name, of in (("a", "orders"), ("b", "a"), ("c", "b"))]
    given = tree(f"WITH {', '.join(bodies)} SELECT x FROM c")  # noqa: S608
    assert stages(given) == 3 * (3 * (3 + 2) + 2) + 2
    found = divided(given, limit=6)
    assert list(found.first) == ["a", "b"]
    assert "orders" not in to_athena(found.first["b"])
    assert max(map(stages, (*found.first.values(), found.rest))) <= 6


def test_personal_data_is_not_written_anywhere() -> None:
    personal = OFTEN.replace("FROM orders", "FROM pii.customer_contacts")
    through = OFTEN.replace("WITH days", "WITH hidden AS (SELECT order_date FROM pii.customer_contacts), days").replace(
        "FROM orders", "FROM hidden"
    )
    for text in (personal, through):
        assert divided(tree(text), limit=3).first == {}


def test_what_cannot_be_a_table_is_not_written() -> None:
    unnamed = OFTEN.replace("COUNT(*) AS orders", "COUNT(*)")
    untyped = OFTEN.replace("COUNT(*) AS orders", "NULL AS orders")
    shadowing = OFTEN.replace("days", "orders")
    for text in (unnamed, untyped, shadowing):
        assert divided(tree(text), limit=3).first == {}


def test_the_statement_itself_is_left_as_it_was() -> None:
    given = tree(OFTEN)
    before = to_athena(given)
    divided(given, limit=3)
    assert to_athena(given) == before
