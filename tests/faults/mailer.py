"""A worker process of its own: `python -m tests.faults.mailer HOME` sends the chunk of HOME to the local outbox."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import cast

from enishi.clock import ManualClock
from enishi.flow import bundles, send
from enishi.flow.manifest import Chunk
from enishi.flow.payload import Run
from enishi.local.services import services_over
from enishi.ports import Channel, Services, Warehouse
from enishi.settings import Settings
from tests.faults.world import NOON, bundle, people

PEOPLE = 1_200
CHUNK = Chunk(number=0, key="chunks/R1/s1/all/00000000.jsonl")
CHANNELS = (Channel.PUSH, Channel.LINE, Channel.MAIL)


def services_of(home: Path, hours: int = 0) -> Services:
    """The laptop's services as they are wired, without the engine that sending does not need."""
    settings = Settings(home=home, cap_per_day=100, cap_per_week=100)
    return services_over(cast(Warehouse, None), settings, ManualClock(NOON + timedelta(hours=hours)))


def prepare(home: Path) -> None:
    """The bundle and a chunk: a third of the people on each channel."""
    services = services_of(home)
    frozen = bundle(CHANNELS)
    services.work.put(bundles.key(frozen.id, frozen.version), frozen.to_json().encode())
    found = [people(1, (CHANNELS[number % 3],), number)[0] for number in range(PEOPLE)]
    services.work.put(CHUNK.key, "".join(f"{recipient.to_json_line()}\n" for recipient in found).encode())


def work(home: Path, hours: int) -> dict[str, int]:
    """One pass over the chunk, `hours` after noon."""
    version = bundle(CHANNELS).version
    run = Run.model_validate({"id": "R1", "scenario": "hello", "version": version, "slot_at": NOON, "from": NOON})
    payload = send.Payload(run=run, step="s1", lane="all", at=NOON, chunk=CHUNK)
    return send.run(services_of(home, hours), payload)


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
