"""`make deploy-local`: the unmodified app on an emulator of AWS, one scenario through it from raw file to landed event.

Ends with 0 only when every step did what it says. Logs stay in build/emulator.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from enishi.errors import EnishiError
from infra.environments import RECORDER
from infra.local import cdk
from infra.local.account import empty_buckets
from infra.local.emulator import BUILD, free_port, running
from infra.local.journey import Journey
from infra.local.recorder import recording
from infra.local.stand_in import standing_in
from infra.local.traces import compare_all, report


def main() -> int:
    """Say each step with its time; the first that fails ends it."""
    steps = Steps()
    try:
        _whole_way(steps)
    except (RuntimeError, TimeoutError, LookupError, EnishiError) as failure:
        print(f"\ndeploy-local failed while: {steps.now}\n{failure}\nLogs: {BUILD}", file=sys.stderr)
        return 1
    print(f"\ndeploy-local: all steps done in {steps.seconds:.0f} s. Logs: {BUILD}")
    return 0


class Steps:
    """Progress that a person can follow."""

    def __init__(self) -> None:
        self.now = "starting"
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def do(self, name: str, action: Callable[[], object]) -> None:
        self.now = name
        self.say(f"{name} …")
        action()

    def say(self, text: str) -> None:
        print(f"[{self.seconds:6.1f} s] {text}", flush=True)


def _whole_way(steps: Steps) -> None:
    athena = free_port()
    with ExitStack() as open_:
        steps.do("prepare the emulator's environment and start it", lambda: None)
        emulator = open_.enter_context(running(endpoints(athena)))
        lake = open_.enter_context(standing_in(athena, emulator.port))
        recorded = open_.enter_context(recording(RECORDER))
        journey = Journey(emulator, lake, steps.say)
        steps.do("cdk bootstrap", lambda: cdk.bootstrap(emulator))
        steps.do("cdk synth", lambda: cdk.synth(emulator))
        steps.do("cdk deploy --all", lambda: cdk.deploy(emulator))
        steps.do("raw files → lake", journey.ingest)
        steps.do("a visitor's tag → lake", journey.collect)
        steps.do("one run of a scenario", journey.run)
        steps.do("what went out", lambda: journey.show_messages(recorded))
        steps.do("what came back", journey.land)
        steps.do("empty the buckets", lambda: empty_buckets(emulator))
        steps.do("cdk destroy --all", lambda: cdk.destroy(emulator))
    steps.do("two interpreters, every scenario", lambda: report(compare_all(steps.say), steps.say))


def endpoints(athena: int) -> dict[str, str]:
    """Where functions find what the emulator lacks: Athena's engine, and push."""
    loopback = "http://127.0.0.1"
    return {"AWS_ENDPOINT_URL_ATHENA": f"{loopback}:{athena}", "AWS_ENDPOINT_URL_PINPOINT": f"{loopback}:{RECORDER}"}


if __name__ == "__main__":
    sys.exit(main())
