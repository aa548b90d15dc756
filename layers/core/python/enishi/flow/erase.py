"""Erasing a person: plan first, then place after place, then proof. Killed anywhere and run again, it completes.

The plan (who the person is, what stood where) lies in the work store while the erasure is under way, and nowhere after
it. Every place can be done twice. Nothing here raises for what a person's data looks like.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi import ids
from enishi.clock import from_text, to_text
from enishi.errors import LakeError
from enishi.flow import erase_files, erase_tables
from enishi.lake import sql
from enishi.lake.schema import table
from enishi.ports import Channel
from enishi.privacy.person import Person
from enishi.privacy.places import personal
from enishi.privacy.ports import Tools
from enishi.privacy.report import Outcome, Place, Request, content
from enishi.privacy.resolve import resolve
from enishi.privacy.signatures import signed

PLANS = "erasures/"
Watcher = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What an erasure is going to do, and for whom; personal until it is done."""

    erasure_id: str
    person: Person = field(repr=False)
    request: Request
    started_at: datetime
    places: tuple[Place, ...]
    files: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(place.before for place in self.places)

    @property
    def pseudonym(self) -> str:
        """Who stands in the person's place in work files of runs under way."""
        return f"erased-{self.erasure_id}"


def plan(tools: Tools, customer_id: str, request: Request) -> Plan:
    """Where the person stands, and in how many rows; nothing changes. An erasure under way gives its own plan.

    Raises:
        LakeError: nothing is known of this customer.
    """
    erasure_id = _erasure_id(tools, customer_id)
    kept = _kept(tools, erasure_id)
    if kept is not None:
        return kept
    person = resolve(tools.services.warehouse, customer_id)
    erasure_id = _erasure_id(tools, person.root)
    kept = _kept(tools, erasure_id)
    if kept is not None:
        return kept
    places = (*erase_tables.counted(tools.services.warehouse, person), *_records(tools, person))
    hits = tools.files.hits(person.needles)
    if not any(place.before for place in places) and not any(hits.values()):
        raise LakeError(
            "nothing is held about this customer",
            remedy="Check the id; `enishi sql` on erasure_log shows the erasures that were finished.",
        )
    person = person.with_words(erase_files.words_in_raw(tools.services, person))
    files = dict(tools.files.hits(person.needles))
    return Plan(erasure_id, person, request, tools.services.clock.now(), places, files)


def erase(tools: Tools, found: Plan, watch: Watcher = lambda _step: None) -> dict[str, Any]:
    """Carry out a plan; returns the signed report. `watch` hears the name of each step before it begins."""
    for name, step in _steps(tools, found):
        watch(name)
        step()
    watch("prove")
    outcome = _outcome(tools, found)
    watch("report")
    document = signed(content(outcome, _environment(tools)), tools.signer)
    _log(tools, outcome, document)
    watch("finish")
    if outcome.clean:
        tools.services.work.delete(f"{PLANS}{found.erasure_id}.json")
    return document


def _steps(tools: Tools, found: Plan) -> Iterator[tuple[str, Callable[[], object]]]:
    """The order matters: the plan is written before anything goes, nobody can come back in or be sent to while it
    goes on, and the past of the tables is forgotten when nothing writes the person into them any more."""
    services, person = tools.services, found.person
    yield "plan", lambda: _keep(tools, found)
    yield "tombstones", lambda: _bury(tools, found)
    yield "suppress", lambda: _suppress(tools, person)
    yield "raw files", lambda: erase_files.raw(services, person)
    yield "work files", lambda: erase_files.work(services, person, found.pseudonym)
    for declared in personal():
        yield declared.qualified, lambda each=declared: erase_tables.erase(services.warehouse, each, person)  # type: ignore[misc]
    yield "files", lambda: tools.files.sweep(person)
    for records in tools.records:
        yield records.name, lambda each=records: each.erase(person)  # type: ignore[misc]
    for declared in personal():
        yield f"past of {declared.qualified}", lambda each=declared: tools.past.forget(each)  # type: ignore[misc]


def lift(tools: Tools, customer_id: str, why: str) -> int:
    """Take back the tombstones of an erasure, because the person registers again; returns how many.

    Raises:
        LakeError: no erasure of this customer is in force.
    """
    warehouse, key = tools.services.warehouse, _key(tools)
    mine = exp.EQ(
        this=sql.column("t", "tombstone"), expression=sql.literal(ids.tombstone(key, "customer", customer_id))
    )
    asked = exp.select(sql.column("t", "erasure_id")).from_(sql.table_ref("tombstones", "t"))
    found = warehouse.query(asked.where(mine, sql.column("t", "lifted_at").is_(exp.null()))).column(0).to_pylist()
    if not found:
        raise LakeError("no erasure of this customer is in force", remedy="Give the id that was erased.")
    of_erasure = exp.EQ(this=sql.column("t", "erasure_id"), expression=sql.literal(found[0]))
    every = exp.select(sql.column("t", "tombstone")).from_(sql.table_ref("tombstones", "t")).where(of_erasure)
    tokens = warehouse.query(every).column(0).to_pylist()
    now = _naive(tools.services.clock.now())
    lifted = {"tombstone": tokens, "lifted_at": [now] * len(tokens), "lift_reason": [why] * len(tokens)}
    warehouse.upsert("tombstones", pa.table(lifted))
    return len(tokens)


def _key(tools: Tools) -> bytes:
    return tools.services.settings.secret.get_secret_value().encode()


def _erasure_id(tools: Tools, root: str) -> str:
    return f"X{ids.tombstone(_key(tools), 'customer', root)[:20]}"


def _kept(tools: Tools, erasure_id: str) -> Plan | None:
    """The plan of an erasure that began and did not end."""
    key = f"{PLANS}{erasure_id}.json"
    if key not in tools.services.work.list(key):
        return None
    data = json.loads(tools.services.work.get(key))
    asked = data["request"]
    return Plan(
        erasure_id,
        Person.from_json(data["person"]),
        Request(from_text(asked["at"]), asked["by"], asked["why"]),
        from_text(data["started_at"]),
        tuple(Place(**place) for place in data["places"]),
        data["files"],
    )


def _keep(tools: Tools, found: Plan) -> None:
    data = {
        "person": found.person.to_json(),
        "request": {"at": to_text(found.request.at), "by": found.request.by, "why": found.request.why},
        "started_at": to_text(found.started_at),
        "places": [vars(place) for place in found.places],
        "files": dict(found.files),
    }
    body = json.dumps(data, ensure_ascii=False, sort_keys=True).encode()
    tools.services.work.put_if_absent(f"{PLANS}{found.erasure_id}.json", body)


def _records(tools: Tools, person: Person) -> Iterator[Place]:
    for records in tools.records:
        yield Place(records.name, records.ja, "erase", len(records.held(person)))


def _bury(tools: Tools, found: Plan) -> None:
    tokens = sorted(found.person.tokens(_key(tools)))
    count = len(tokens)
    rows = {
        "tombstone": tokens,
        "erasure_id": [found.erasure_id] * count,
        "erased_at": [_naive(found.started_at)] * count,
        "lifted_at": pa.nulls(count, pa.timestamp("us")),
        "lift_reason": pa.nulls(count, pa.string()),
    }
    tools.services.warehouse.upsert("tombstones", pa.table(rows))


def _suppress(tools: Tools, person: Person) -> None:
    """Senders at work ask this record before every message; it goes with the other records at the end."""
    now = tools.services.clock.now()
    for customer in sorted(person.of("customer")):
        for channel in Channel:
            tools.services.permissions.refuse(customer, channel, "opt_out", now)


def _outcome(tools: Tools, found: Plan) -> Outcome:
    """Count again, and look again into every file; the plan itself is the last that goes, and is not counted."""
    person, services = found.person, tools.services
    after = {place.place: place.before for place in erase_tables.counted(services.warehouse, person)}
    after |= {place.place: place.before for place in _records(tools, person)}
    places = [replace(place, after=after[place.place]) for place in found.places]
    left = dict(tools.files.hits(person.needles))
    left[PLANS_PLACE] = max(left.get(PLANS_PLACE, 0) - 1, 0)
    names = sorted({*found.files, *left})
    return Outcome(
        erasure_id=found.erasure_id,
        person=ids.tombstone(_key(tools), "customer", person.root),
        request=found.request,
        started_at=found.started_at,
        finished_at=services.clock.now(),
        places=places,
        files={name: (found.files.get(name, 0), left.get(name, 0)) for name in names},
        looked_for=len(person.needles),
        tombstones=len(person.tokens(_key(tools))),
        limits=tools.limits,
    )


PLANS_PLACE = "work/erasures"
"""How `Files.hits` calls the folder of plans."""


def _environment(tools: Tools) -> dict[str, str]:
    settings = tools.services.settings
    return {"environment": settings.env, "tenant": settings.tenant}


def _log(tools: Tools, outcome: Outcome, document: Mapping[str, Any]) -> None:
    row = {
        "erasure_id": outcome.erasure_id,
        "requested_at": _naive(outcome.request.at),
        "requested_by": outcome.request.by,
        "reason": outcome.request.why,
        "finished_at": _naive(outcome.finished_at),
        "clean": outcome.clean,
        "report": json.dumps(document, ensure_ascii=False, sort_keys=True),
    }
    tools.services.warehouse.upsert("erasure_log", pa.Table.from_pylist([row], schema=table("erasure_log").arrow))


def _naive(instant: datetime) -> datetime:
    return from_text(to_text(instant)).replace(tzinfo=None)
