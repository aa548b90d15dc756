"""The end of a run: its row says how it ended, and the ledger lets nobody start it again.

A stopped run is not finished in the ledger: once the cause is mended, an execution started with `resume` goes on.
"""

from __future__ import annotations

from typing import Any, Literal

from enishi.flow.payload import RunPayload
from enishi.flow.run_rows import write_run
from enishi.ports import Services


class Payload(RunPayload):
    state: Literal["finished", "stopped"]
    note: str = ""


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """Closes the run in `scenario_runs` and, when it finished, in the ledger."""
    write_run(services, payload.run, state=payload.state, note=payload.note, ended_at=payload.at)
    if payload.state == "finished":
        services.ledger.finish_run(payload.run.id, services.clock.now())
    return {}
