"""Tasks that other workers do at the same time: the machine goes on when they are done, and time waits for them."""

from __future__ import annotations

import io
import json
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from enishi.clock import ManualClock, from_text, to_text
from enishi.errors import ClaimsInFlightError, LakeError
from enishi.local.machine import Machine, Status

START = from_text("2026-11-21T00:00:00Z")
SECONDS = 20


class Items:
    """The blobs of one map: three chunks."""

    def open(self, key: str) -> io.BytesIO:
        if key != "chunks.jsonl":
            raise LakeError("there is no such key", where=key)
        return io.BytesIO(b"".join(json.dumps({"chunk": number}).encode() + b"\n" for number in range(3)))


def chunks_sent(limit: int) -> dict[str, Any]:
    send = {"Type": "Task", "Resource": "${SendArn}", "End": True}
    return {
        "Type": "Map",
        "ItemReader": {"Parameters": {"Key": "chunks.jsonl"}},
        "ItemProcessor": {"StartAt": "send", "States": {"send": send}},
        "MaxConcurrency": limit,
        "End": True,
    }


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def test_chunks_are_under_way_at_once_and_answer_in_their_order(pool: ThreadPoolExecutor) -> None:
    together = Barrier(3, timeout=SECONDS)

    def send(payload: dict[str, Any]) -> dict[str, Any]:
        together.wait()
        return {"sent": payload["chunk"]}

    machine = Machine(lambda _name, payload: pool.submit(send, payload), ManualClock(START), Items())  # type: ignore[arg-type]
    execution = machine.start({"StartAt": "all", "States": {"all": chunks_sent(0)}}, "one", {})
    machine.run()
    assert execution.status is Status.SUCCEEDED
    assert execution.output == [{"sent": 0}, {"sent": 1}, {"sent": 2}]


def test_time_stands_still_until_awaited_work_is_done(pool: ThreadPoolExecutor) -> None:
    """One execution sends, another notes the hour: the note is taken an hour later, the end of sending is not."""
    clock = ManualClock(START)
    begun: list[tuple[str, str]] = []

    def perform(name: str, payload: dict[str, Any]) -> dict[str, Any] | Future[dict[str, Any]]:
        begun.append((to_text(clock.now()), name))
        return pool.submit(lambda: payload) if name == "send" else payload

    machine = Machine(perform, clock, Items())  # type: ignore[arg-type]
    close = {"Type": "Task", "Resource": "${CloseArn}", "End": True}
    sending = {**chunks_sent(1), "Next": "close"}
    del sending["End"]
    machine.start({"StartAt": "all", "States": {"all": sending, "close": close}}, "sends", {})
    note = {"Type": "Task", "Resource": "${NoteArn}", "End": True}
    hour = {"Type": "Wait", "Seconds": 3600, "Next": "note"}
    machine.start({"StartAt": "hour", "States": {"hour": hour, "note": note}}, "notes", {})
    machine.run(START)
    assert begun == [(to_text(START), "send")] * 3 + [(to_text(START), "close")]
    machine.run()
    assert begun[4:] == [("2026-11-21T01:00:00Z", "note")]


def test_what_a_worker_raises_fails_the_state_by_its_name(pool: ThreadPoolExecutor) -> None:
    def send(_payload: dict[str, Any]) -> dict[str, Any]:
        raise ClaimsInFlightError("another worker holds 2 messages of the chunk")

    machine = Machine(lambda _name, payload: pool.submit(send, payload), ManualClock(START), Items())  # type: ignore[arg-type]
    state = {"Type": "Task", "Resource": "${SendArn}", "End": True}
    execution = machine.start({"StartAt": "send", "States": {"send": state}}, "one", {})
    machine.run()
    assert (execution.status, execution.error) == (Status.FAILED, "ClaimsInFlightError")
    assert isinstance(execution.faults[0][1], ClaimsInFlightError)
