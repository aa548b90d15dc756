"""`enishi results`: what came of the scenarios, and whether the ledger balances."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.flow.report import write_report
from enishi.results.funnel import Balance, ScenarioResult, balances, scenario_results


def command(
    ctx: typer.Context,
    balance: Annotated[bool, typer.Option("--balance", help="The balance of every send step instead")] = False,
    window_days: Annotated[int, typer.Option(min=1, help="Days in which a purchase counts")] = 7,
    html: Annotated[Path | None, typer.Option(help="Also write the report page to this file")] = None,
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """What came of each scenario: audience, sent, delivered, opened, clicked, bought, increment over the holdout.

    `enishi results --balance` shows that nobody is lost: arrivals = accepted + refused + suppressed + unknown +
    holdout + quarantined, counted from two sides.
    """
    session: Session = ctx.obj
    warehouse = session.services.warehouse
    if balance:
        show(session, [_balance_row(row) for row in balances(warehouse)], title="Balance by step", format=format)
    else:
        rows = [_result_row(result) for result in scenario_results(warehouse, window_days)]
        show(session, rows, title=f"Results, purchases within {window_days} days", format=format)
    if html is not None:
        write_report(session.services, html)
        session.errors.print(f"Wrote {html}")


def _balance_row(row: Balance) -> dict[str, Any]:
    return {**asdict(row), "not_yet": row.not_yet}


def _result_row(result: ScenarioResult) -> dict[str, Any]:
    gain = result.increment
    return {
        "scenario": result.scenario_id,
        "audience": result.total("arrivals"),
        "sent": result.total("sent"),
        "delivered": result.total("delivered"),
        "opened": result.total("opened"),
        "clicked": result.total("clicked"),
        "people": result.treated.people,
        "bought": result.treated.buyers,
        "holdout": result.control.people,
        "holdout_bought": result.control.buyers,
        "increment": gain and round(gain.difference, 4),
        "low": gain and round(gain.low, 4),
        "high": gain and round(gain.high, 4),
        "credited": result.credited_amount,
    }
