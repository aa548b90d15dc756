"""A worker process of its own: `python -m tests.faults.mailer HOME` sends the chunk of HOME to the local outbox."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from enishi.clock import ManualClock
from enishi.flow import bundles, send
from enishi.flow.manifest import Chunk
from enishi.flow.payload import Run
from enishi.local.services import local_services
from enishi.ports import Channel
from enishi.settings import Settings
from tests.faults.world import NOON, bundle, people

PEOPLE = 1_200
CHUNK = Chunk(number=0, key="chunks/R1/s1/all/00000000.jsonl")
CHANNELS = (Channel.PUSH, Channel.LINE, Channel.MAIL)


def settings(home: Path) -> Settings:
    return Settings(home=home, cap_per_day=100, cap_per_week=100)


def prepare(home: Path) -> None:
    """The bundle and a chunk: a third of the people on each channel."""
    services = local_services(settings(home), ManualClock(NOON))
    frozen = bundle(CHANNELS)
    services.work.put(bundles.key(frozen.id, frozen.version), frozen.to_json().encode())
    found = [people(1, (CHANNELS[number % 3],), number)[0] for number in range(PEOPLE)]
    services.work.put(CHUNK.key, "".join(f"{recipient.to_json_line()}\n" for recipient in found).encode())


def work(home: Path, hours: int) -> dict[str, int]:
    """One pass over the chunk, `hours` after noon."""
    services = local_services(settings(home), ManualClock(NOON + timedelta(hours=hours)))
    version = bundle(CHANNELS).version
    run = Run.model_validate({"id": "R1", "scenario": "hello", "version": version, "slot_at": NOON, "from": NOON})
    return send.run(services, send.Payload(run=run, step="s1", lane="all", at=NOON, chunk=CHUNK))


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
