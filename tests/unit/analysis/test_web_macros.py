"""The relation `sessions` says under the usual parameters what the view v_sessions says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import yaml
from sqlglot import exp

from enishi.analysis import library, runner
from tests.unit.analysis.small_shop import CASES, Shop

Shops = Callable[[str, Mapping[str, Any]], Shop]
COLUMNS = (
    "session_id", "visitor_id", "customer_id", "identified_by", "started_at", "ended_at", "session_date", "duration_ms",
    "events", "views", "is_first", "device", "landing_path", "landing_type", "exit_path", "channel", "medium_id",
    "utm_source", "utm_medium", "utm_campaign", "referrer_host", "message_id", "converted", "order_id",
)  # fmt: skip


def _rows_of(relation: str) -> exp.Select:
    return exp.select(*COLUMNS).from_(relation).order_by("session_id")


def test_sessions_are_those_of_the_view(shops: Shops) -> None:
    """Robots, midnight, logins, cookies and messages of worlds/site.yaml; the relation leaves out employees only."""
    file = yaml.safe_load((CASES / "site_access" / "page_access.yaml").read_text("utf-8"))
    shop = shops("page_access", file)
    analysis = library.shipped()["page_access"].model_copy(update={"sql": _rows_of("sessions").sql("athena")})
    question = runner.ask(shop.services, analysis, {"exclude_employees": "false"})
    given = shop.services.warehouse.query(runner.statement(shop.services, question)).to_pylist()
    assert given == shop.services.warehouse.query(_rows_of("v_sessions")).to_pylist()
    assert len(given) == 9
