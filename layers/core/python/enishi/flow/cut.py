"""A part of a step's audience → chunk files of `chunk_size` recipients, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow.parquet as pq
from pydantic import Field

from enishi import offer
from enishi.decide.recipient import Recipient
from enishi.flow.bundles import bundle_of
from enishi.flow.payload import Data, Key, Run
from enishi.flow.prepare import send_step
from enishi.flow.step_blocks import blocks_of
from enishi.ports import Blobs, Channel, Services
from enishi.settings import Settings

CHUNKS_A_PART = 100_000
"""Numbers set aside for each part, so that parts number their chunks without asking each other."""
BATCH = 1_000


class Payload(Data):
    run: Run
    step: Key
    lane: Key
    part: int = Field(ge=0)


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"part", "chunks"}`: how many chunk files the part made. A repeat writes the same files again."""
    bundle = bundle_of(services, payload.run)
    scenario = bundle.scenario()
    blocks = blocks_of(bundle, scenario, send_step(scenario, payload.step))
    secret = services.settings.secret.get_secret_value().encode()
    folder = f"{payload.run.id}/{payload.step}/{payload.lane}"
    rows = part_rows(services.work, f"parts/{folder}/part={payload.part}/")
    lines = (recipient(row, blocks, secret, services.settings, payload.lane).to_json_line() for row in rows)
    chunks = 0
    for chunk in _slices(lines, services.settings.chunk_size):
        body = "".join(f"{line}\n" for line in chunk).encode()
        services.work.put(chunk_key(folder, chunk_number(payload.part, chunks)), body)
        chunks += 1
    return {"part": payload.part, "chunks": chunks}


def chunk_number(part: int, index: int) -> int:
    """The number of the `index`-th chunk of a part: unique within the step and lane."""
    return part * CHUNKS_A_PART + index


def chunk_key(folder: str, number: int) -> str:
    """Where a chunk lies in the work store; `folder` is `<run>/<step>/<lane>`."""
    return f"chunks/{folder}/{number:08d}.jsonl"


def part_rows(work: Blobs, prefix: str) -> Iterator[dict[str, Any]]:
    """The rows of a part, file by file, a batch at a time."""
    for key in work.list(prefix):
        with work.open(key) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(batch_size=BATCH):
                yield from batch.to_pylist()


def recipient(row: dict[str, Any], blocks: offer.Offer, secret: bytes, settings: Settings, lane: str) -> Recipient:
    """A row of the step's query as what deciding and rendering take."""
    items = {name: plain(row[f"block_{name}"] or []) for name in blocks.blocks}
    return Recipient(
        customer_id=row["customer_id"],
        holdout=bool(row["holdout"]),
        exited=row["exited"],
        goal_reached=bool(row["goal_reached"]),
        zone=row["zone"] or settings.zone,
        locale=row["locale"] or settings.locale,
        display_name=row["display_name"] or "",
        rank=row["rank"] or "",
        contacts={Channel(name): address for name, address in _prefixed(row, "contact_")},
        consents={Channel(name): bool(agreed) for name, agreed in _prefixed(row, "consent_")},
        blocks=blocks.finish(items, offer.Finishing(secret, row["customer_id"])),
        variant=row["variant"] or "",
        entry_ref=row["entry_ref"],
        best_hour=int(lane) if lane.isdigit() else None,
        attributes=dict(row.get("attributes") or ()),
        aliases=tuple(row["aliases"].split(",")) if row["aliases"] else (),
    )


def _prefixed(row: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    known = ((name.removeprefix(prefix), value) for name, value in row.items() if name.startswith(prefix))
    return ((name, value) for name, value in known if value is not None)


def plain(value: Any) -> Any:
    """A value of a row as JSON has it: amounts as numbers, days and instants as ISO texts."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _slices(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    source = iter(lines)
    while chunk := list(islice(source, size)):
        yield chunk
