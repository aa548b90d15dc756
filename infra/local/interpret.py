"""The emulator's own interpreter of state machines over recorded answers of tasks. Runs in the emulator's environment:

`python -m infra.local.interpret CASES.json HISTORIES.json`

A case is {"name", "definition", "input", "calls": [[task resource, payload, {"answer"} or {"error", "cause"}], …],
"files": {key: text}}. A history is {"status", "output", "events", "unasked"}: calls that were recorded and not made.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from infra.local.patches import tell_inner_states

_PLACE = "arn:aws:states:ap-northeast-1:123456789012"


class Recorded:
    """The answers of one case, each given once to a call with the same payload."""

    def __init__(self, case: dict[str, Any], failure: type[Exception]) -> None:
        self._failure = failure
        self._files = case["files"]
        self._answers: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        for resource, payload, outcome in case["calls"]:
            self._answers[_key(resource, payload)].append(outcome)

    def invoke(self, resource: str, payload: Any) -> Any:
        """The recorded answer; a call that the other interpreter did not make fails the execution."""
        waiting = self._answers[_key(resource, payload)]
        if not waiting:
            raise self._failure("NotRecorded", f"{resource} {json.dumps(payload, ensure_ascii=False)[:300]}")
        outcome = waiting.popleft()
        if "error" in outcome:
            raise self._failure(outcome["error"], outcome["cause"])
        return outcome["answer"]

    def text(self, _bucket: str, key: str) -> str:
        return str(self._files[key])

    @property
    def unasked(self) -> int:
        return sum(len(waiting) for waiting in self._answers.values())


def interpret(case: dict[str, Any]) -> dict[str, Any]:
    """Run one case to its end."""
    from ministack.services import stepfunctions as sfn

    recorded = Recorded(case, sfn._ExecutionError)
    sfn._invoke_resource, sfn._s3_object_text = recorded.invoke, recorded.text
    machine = f"{_PLACE}:stateMachine:{case['name']}"
    execution = f"{_PLACE}:execution:{case['name']}:one"
    definition = json.dumps(case["definition"])
    sfn._state_machines[machine] = {"name": case["name"], "definition": definition, "roleArn": "", "type": "STANDARD"}
    sfn._executions[execution] = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": case["name"],
        "status": "RUNNING",
        "startDate": "2026-11-21T00:00:00Z",
        "input": json.dumps(case["input"]),
        "events": [],
        "mockAttempts": {},
    }
    sfn._run_execution(execution)
    ended = sfn._executions[execution]
    told = {name: ended.get(name) for name in ("status", "output", "error", "cause", "events")}
    return {**told, "unasked": recorded.unasked}


def _key(resource: str, payload: Any) -> str:
    return f"{resource} {json.dumps(payload, sort_keys=True)}"


def main(cases: Path, histories: Path) -> None:
    tell_inner_states()
    found = {case["name"]: interpret(case) for case in json.loads(cases.read_text("utf-8"))}
    histories.write_text(json.dumps(found, default=str), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
