"""The list of a step's chunks as JSON Lines: what the distributed map reads, one line a child."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from enishi.flow.cut import chunk_key, chunk_number
from enishi.flow.payload import Data, Key, Run
from enishi.ports import Services


class Cut(Data):
    """What cutting one part answered."""

    part: int = Field(ge=0)
    chunks: int = Field(ge=0)


class Chunk(Data):
    """One line of the manifest: the chunk's number within the step and lane, and its key in the work store."""

    number: int = Field(ge=0)
    key: str


class Payload(Data):
    run: Run
    step: Key
    lane: Key
    cuts: tuple[Cut, ...]


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"bucket", "key", "chunks"}`. A repeat writes the same manifest again."""
    folder = f"{payload.run.id}/{payload.step}/{payload.lane}"
    numbers = [chunk_number(cut.part, index) for cut in payload.cuts for index in range(cut.chunks)]
    lines = [json.dumps({"number": number, "key": chunk_key(folder, number)}) for number in numbers]
    key = f"manifests/{folder}.jsonl"
    services.work.put(key, "".join(f"{line}\n" for line in lines).encode())
    return {"bucket": services.settings.work_bucket, "key": key, "chunks": len(lines)}
