"""Expanded views carry a window column only where somebody reads it."""

from __future__ import annotations

import pytest

from enishi.lake import sql


def expanded(text: str) -> str:
    return sql.expand_views(sql.parse(text, "test")).sql(dialect="athena")


def test_a_window_that_nobody_names_is_left_out() -> None:
    text = expanded("SELECT t.customer_id FROM v_purchases AS t WHERE t.amount > 100")
    assert "n_lifetime" not in text
    assert "days_since_prev" not in text


def test_only_the_named_window_stays() -> None:
    text = expanded("SELECT t.customer_id FROM v_purchases AS t WHERE t.N_LIFETIME = 2")
    assert "AS n_lifetime" in text
    assert "days_since_prev" not in text


@pytest.mark.parametrize("starred", ["SELECT * FROM v_purchases AS t", "SELECT t.* FROM v_purchases AS t"])
def test_a_star_reads_every_column(starred: str) -> None:
    text = expanded(starred)
    assert "AS n_lifetime" in text
    assert "AS days_since_prev" in text


def test_another_view_may_be_the_reader() -> None:
    assert "AS n_lifetime" in expanded("SELECT t.n_lifetime FROM v_lines AS t")


def test_a_view_that_passes_a_window_on_to_nobody_is_no_reader() -> None:
    assert "n_lifetime" not in expanded("SELECT t.customer_id FROM v_lines AS t")


def test_the_packaged_view_is_not_changed() -> None:
    expanded("SELECT t.customer_id FROM v_purchases AS t")
    assert "n_lifetime" in sql.view("v_purchases").sql(dialect="athena")
