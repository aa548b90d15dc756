"""A person in the raw and the work store: dropped files written anew, runs under way made nameless."""

from __future__ import annotations

from collections.abc import Iterator

from enishi.errors import EnishiError
from enishi.flow.erase_tables import recogniser
from enishi.flow.facts_lines import forget
from enishi.flow.hold_back import read, rows_out_of
from enishi.flow.ingest import catalogue
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.sources import FOLDER, Sources
from enishi.ingest.stage import content_hash
from enishi.ingest.tombstones import cells_of
from enishi.ports import Blobs, Services
from enishi.privacy.person import Person
from enishi.privacy.rewrite import chunk_without, parquet_without, records, without_lines
from enishi.privacy.scan import Needles, layers

SHORTEST = 5
"""Clear ids of fewer characters are no proof: they stand in every file."""
LINES = (".csv", ".tsv", ".txt", ".jsonl", ".json", ".log", ".gz", ".dat")
KEPT_WORK = ("erasures/", "versions/", "manifests/")
"""Work files that hold no people, or the plan itself."""


def words_in_raw(services: Services, person: Person) -> frozenset[str]:
    """The clear ids and identities of the person as dropped files write them: member numbers, phones, addresses."""
    known, found = recogniser(person), set[str]()
    for mapping, key, rows in _named_in_raw(services, person):
        for record in _records(services.raw.get(key), mapping, rows):
            cells = cells_of(record.decode(mapping.format.encoding, errors="ignore"))
            found |= {cell for cell in cells if len(cell) >= SHORTEST and known.recognises(cell, mapping.namespace)}
    return frozenset(found)


def raw(services: Services, person: Person) -> int:
    """Write dropped files anew without the person's rows; how many changed. A file that cannot be is taken away."""
    named = {key: (mapping, rows) for mapping, key, rows in _named_in_raw(services, person)}
    looked, changed = Needles(person.needles), 0
    for key in services.raw.list(""):
        if key.startswith(FOLDER):
            continue
        data = services.raw.get(key)
        kept = rows_out_of(data, *named[key]) if key in named else data
        if kept is not None and looked.inside(kept):
            kept = without_lines(kept, looked) if key.endswith(LINES) else None
        changed += _put(services.raw, key, data, kept, looked)
    return changed


def work(services: Services, person: Person, pseudonym: str) -> int:
    """Make runs under way forget the person; how many files changed. Counts of arrivals stay true.

    What refreshes of the rollup wrote is taken away whole: the next one writes it anew."""
    forget(services)
    looked, changed = Needles(person.needles), 0
    for key in services.work.list(""):
        if key.startswith(KEPT_WORK):
            continue
        data = services.work.get(key)
        if looked.inside(data):
            changed += _put(services.work, key, data, _work_without(key, data, person, pseudonym), looked)
    return changed


def _work_without(key: str, data: bytes, person: Person, pseudonym: str) -> bytes | None:
    if key.endswith(".parquet"):
        return parquet_without(key, data, person, pseudonym)
    if key.startswith("chunks/"):
        return chunk_without(data, person, pseudonym)
    return without_lines(data, Needles(person.needles)) if key.endswith(".jsonl") else None


def _put(store: Blobs, key: str, before: bytes, after: bytes | None, looked: Needles) -> bool:
    if after == before:
        return False
    if after is None or looked.inside(after):
        store.delete(key)
    else:
        store.put(key, after)
    return True


def _named_in_raw(services: Services, person: Person) -> Iterator[tuple[SourceMapping, str, frozenset[int]]]:
    """(source, key, numbers of the rows that name the person), read as a load would read them."""
    known = catalogue(services)
    for key in services.raw.list("drop/"):
        mapping = _source(known, key)
        if mapping is not None:
            rows = _rows(services, mapping, key, person)
            if rows:
                yield mapping, key, rows


def _source(known: Sources, key: str) -> SourceMapping | None:
    try:
        mapping = known.of_key(key)
    except EnishiError:
        return None
    return mapping if mapping.takes(key.rpartition("/")[2]) else None


def _rows(services: Services, mapping: SourceMapping, key: str, person: Person) -> frozenset[int]:
    """A file that cannot be read was never loaded: its lines are looked at like any other text."""
    with services.raw.open(key) as stream:
        content = content_hash(stream)
    try:
        staged = read(services, mapping, key, content, recogniser(person))
    except EnishiError:
        return frozenset()
    return frozenset(staged.tombstoned)


def _records(data: bytes, mapping: SourceMapping, rows: frozenset[int]) -> Iterator[bytes]:
    if mapping.format.kind in ("csv", "tsv", "jsonl", "fixed"):
        *_, inner = layers(data, 1) if data.startswith(b"\x1f\x8b") else (data,)
        quote = mapping.format.quote if mapping.format.kind in ("csv", "tsv") else None
        yield from (record for number, record in enumerate(records(inner, quote), 1) if number in rows)
