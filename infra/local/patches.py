"""What the pinned emulator (ministack 1.5.33) does otherwise than AWS where we need it to be the same.

Each patch has a canary in tests/infra/test_patches.py that fails when another version no longer needs it, or no longer
has the place that it changes. Nothing here is imported by the project's own interpreter: the launcher runs in the
emulator's environment.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

MARK = "\x1f"
"""Stands between an error's class and its words on the way out of a function's process."""


def apply() -> None:
    """All patches, before the emulator takes its first request."""
    name_errors()
    unpack_layers_once()
    tell_inner_states()


def name_errors() -> None:
    """A failed function reports `Runtime.HandlerError`; AWS the class of its exception, which Retry and Catch match."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    told = '{"status": "error", "error": str(e), "trace"'
    named = '{"status": "error", "error": type(e).__name__ + "\\x1f" + str(e), "trace"'
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if told not in script:
        raise LookupError("the worker's script has changed")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(told, named)
    execute = lambda_svc._execute_function

    def named_execute(*given: Any, **also: Any) -> Any:
        answer = execute(*given, **also)
        body = answer.get("body") if isinstance(answer, dict) and answer.get("error") else None
        if isinstance(body, dict) and MARK in str(body.get("errorMessage", "")):
            body["errorType"], body["errorMessage"] = body["errorMessage"].split(MARK, 1)
        return answer

    lambda_svc._execute_function = named_execute


def unpack_layers_once() -> None:
    """Every process of a function unpacks its layers anew (170 MB, 17 functions); here once, and processes point there.

    The size that CreateFunction checks against Lambda's quota stays that of the whole layer.
    """
    from ministack.services import lambda_svc

    resolve, measure = lambda_svc._resolve_layer_zip, lambda_svc._unzipped_size
    lambda_svc._layer_unzipped_size = lambda attachment: measure(resolve(attachment))

    unpacking = Lock()

    @cache
    def pointer(content: bytes) -> bytes:
        folder = Path(tempfile.mkdtemp(prefix="layer-"))
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            zipped.extractall(folder)
        places = [folder / "python", *(folder / "python" / "lib").glob("python*/site-packages")]
        return _zip_of("python/lib/python3/site-packages/layer.pth", "\n".join(map(str, places)))

    def resolved(attachment: Any) -> bytes | None:
        content = resolve(attachment)
        with unpacking:
            return pointer(content) if content else content

    lambda_svc._resolve_layer_zip = resolved


def tell_inner_states() -> None:
    """An execution's history leaves out the states inside Parallel and Map; AWS lists those of the same execution."""
    from ministack.services import stepfunctions

    run = stepfunctions._run_sub_machine

    def told(states: Any, start: str, given: Any, execution: Any, ctx: Any) -> Any:
        return run(_Told(states, execution, stepfunctions._add_event), start, given, execution, ctx)

    stepfunctions._run_sub_machine = told


class _Told(dict[str, Any]):
    """States that write an event when the interpreter takes one up."""

    def __init__(self, states: dict[str, Any], execution: Any, add_event: Any) -> None:
        super().__init__(states)
        self._execution = execution
        self._add_event = add_event

    def get(self, name: str, default: Any = None) -> Any:
        state = super().get(name, default)
        if state:
            details = {"stateEnteredEventDetails": {"name": name}}
            self._add_event(self._execution, f"{state['Type']}StateEntered", details)
        return state


def _zip_of(name: str, text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr(name, text)
    return made.getvalue()
