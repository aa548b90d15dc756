"""The tasks of the loop by name: what a function in AWS and the local machine both call.

Each module of the table has `Payload`, a pydantic model of what it takes, and `run(services, payload) -> dict`. One is
imported when its task is first performed, so a function carries only what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from pydantic import BaseModel, ValidationError

from enishi.errors import NotSupportedError, RunError
from enishi.ports import Services

TASKS: Mapping[str, str] = {
    "open_run": "enishi.flow.open_run",
    "select": "enishi.flow.select",
    "wait": "enishi.flow.wait",
    "branch": "enishi.flow.branch",
    "split": "enishi.flow.split",
    "join": "enishi.flow.join",
    "lanes": "enishi.flow.lanes",
    "prepare": "enishi.flow.prepare",
    "cut": "enishi.flow.cut",
    "manifest": "enishi.flow.manifest",
    "send": "enishi.flow.send",
    "close_step": "enishi.flow.close_step",
    "close_run": "enishi.flow.close_run",
    "ingest": "enishi.flow.arrive",
    "fetch": "enishi.flow.fetch",
    "import_due": "enishi.flow.import_due",
    "write_back": "enishi.flow.write_back",
    "land": "enishi.flow.land",
    "unify": "enishi.flow.unify",
    "attribute": "enishi.flow.attribute",
}


class Task(Protocol):
    """A flow module."""

    Payload: type[BaseModel]

    def run(self, services: Services, payload: Any) -> Mapping[str, Any]: ...


def perform(services: Services, name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run task `name` on `payload`; the answer is JSON.

    Raises:
        NotSupportedError: there is no such task.
        RunError: the payload is not what the task takes (names the field, never its value).
        EnishiError: whatever the task has to say.
    """
    task = _task(name)
    return dict(task.run(services, _checked(task, name, payload)))


def _task(name: str) -> Task:
    path = TASKS.get(name)
    if path is None:
        raise NotSupportedError(f"there is no task {name!r}", remedy=f"Tasks are {', '.join(TASKS)}.")
    try:
        return cast(Task, import_module(path))
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise NotSupportedError(f"the task {name!r} is not part of this version") from error


def _checked(task: Task, name: str, payload: Mapping[str, Any]) -> BaseModel:
    try:
        return task.Payload.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the payload"
        raise RunError(
            f"{field} does not hold: {first['msg']}", where=f"task {name}", remedy="Start the run as its machine does."
        ) from None
