"""What the pinned emulator does without our patches and with them, as JSON. Runs in the emulator's environment."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

from infra.local import patches

LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:some:1"


def main() -> None:
    found = {"before": facts()}
    patches.apply()
    found["after"] = facts()
    print(json.dumps(found))


def facts() -> dict[str, Any]:
    return {"error": told_error(), "layer": layer_files(), "size": layer_size(), "states": told_states()}


def told_error() -> str:
    """What a function's process tells of `raise KeyError`."""
    from ministack.core.lambda_runtime import Worker

    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    config = {"FunctionName": "fails", "Runtime": version, "Handler": "fails.handler", "Timeout": 20}
    config["FunctionArn"] = "arn:aws:lambda:us-east-1:000000000000:function:fails"
    worker = Worker("fails", config, zipped("fails.py", "def handler(event, context):\n    raise KeyError('gone')\n"))
    try:
        return str(worker.invoke({}, "request")["error"])
    finally:
        worker.kill()


def layer_files() -> list[str]:
    from ministack.services import lambda_svc

    lambda_svc._find_layer_version = lambda *_given, **_also: ({"_zip_data": LAYER_ZIP}, None)
    with zipfile.ZipFile(io.BytesIO(lambda_svc._resolve_layer_zip(LAYER))) as layer:
        return layer.namelist()


def layer_size() -> int:
    from ministack.services import lambda_svc

    return int(lambda_svc._layer_unzipped_size(LAYER))


def told_states() -> list[str]:
    """States in the history of a machine with a branch inside."""
    from ministack.services import stepfunctions as sfn

    branch = {"StartAt": "inner", "States": {"inner": {"Type": "Pass", "End": True}}}
    definition = {"StartAt": "outer", "States": {"outer": {"Type": "Parallel", "Branches": [branch], "End": True}}}
    given = {"name": "m", "definition": json.dumps(definition), "roleArn": ""}
    sfn._state_machines["m"] = given
    execution = {
        "executionArn": "e",
        "stateMachineArn": "m",
        "name": "e",
        "status": "RUNNING",
        "startDate": "",
        "input": "{}",
    }
    sfn._executions["e"] = {**execution, "events": []}
    sfn._emit_execution_status_event = lambda _execution: None
    sfn._run_execution("e")
    entered = (event.get("stateEnteredEventDetails") for event in sfn._executions["e"]["events"])
    return [details["name"] for details in entered if details]


def zipped(name: str, text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(name, text)
    return made.getvalue()


LAYER_ZIP = zipped("python/module.py", "x = 1\n")

if __name__ == "__main__":
    main()
