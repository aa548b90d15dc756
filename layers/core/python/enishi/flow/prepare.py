"""One query fills a step: who is still inside, what they agreed to, where they can be reached, what the blocks hold.

The answer lies in the work store as Parquet, one folder a part; parts are small enough for one function to cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from enishi import offer
from enishi.errors import RunError
from enishi.flow.bundles import bundle_of
from enishi.flow.frozen import once
from enishi.flow.payload import CohortPayload, CohortRef, Key
from enishi.flow.queries import query as file
from enishi.flow.step_blocks import blocks_of, reads_attributes
from enishi.lake import sql
from enishi.ports import Channel, Services
from enishi.scenario.model import Condition, Scenario, SendStep, walk
from enishi.segment.as_of import as_of
from enishi.segment.compile import eligible, predicate
from enishi.segment.library import EMPTY, Library
from enishi.segment.moment import Moment
from enishi.segment.sql import relation
from enishi.segment.store import library_for

PART_SIZE = 10_000
MOST_PARTS = 100
COMPARING = frozenset({"rfm", "segment", "cell"})
"""Conditions that may rank people against each other."""
GREETING_CHANNELS = ("mail", "sms", "catalog", "line", "push")
"""Whose contact gives the name of the greeting, in order: a LINE nickname is the customer's joke, not their name."""


class Payload(CohortPayload):
    lane: Key


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"parts": [numbers], "arrivals": customers}`; the second time the same answer without a query."""
    prefix = f"parts/{payload.run.id}/{payload.step}/{payload.lane}"

    def answer() -> dict[str, Any]:
        if not payload.cohort.size:
            return {"parts": [], "arrivals": 0}
        written = services.warehouse.unload(step_query(services, payload), prefix, partition_by=("part",))
        return {"parts": sorted(_numbers(written.rows)), "arrivals": written.total}

    return once(services.work, f"{prefix}.json", answer)


def _numbers(folders: Iterable[str]) -> list[int]:
    return [int(folder.rstrip("/").rpartition("=")[2]) for folder in folders]


def step_query(services: Services, payload: Payload, *, narrow: bool = True) -> exp.Query:
    """The query of a step over its cohort; one row a customer, with the column `part`.

    `narrow`: views read the cohort's facts only, where the step compares nobody with others. The rows are the same.
    """
    bundle = bundle_of(services, payload.run)
    scenario = bundle.scenario()
    step = send_step(scenario, payload.step)
    zone = services.settings.tz
    now = Moment.of(payload.at, zone, payload.run.slot_at)
    parts = min(MOST_PARTS, -(-payload.cohort.size // PART_SIZE))
    blocks, own_columns = blocks_of(bundle, scenario, step), reads_attributes(bundle, step)
    known = library_for(services, *standing_conditions(scenario))
    audience = Audience(scenario, blocks, step.send.channels, parts, own_columns, known)
    query = recipients(audience, now)
    own = narrow and _own_facts_suffice(audience)
    return as_of(
        with_relations(query, {"cohort": cohort(payload.run.id, payload.cohort.refs)}),
        now,
        cohort="cohort" if own else None,
    )


def _own_facts_suffice(asked: Audience) -> bool:
    """Whether nothing in the step compares its people with others; what a named segment says is not looked into."""
    ranked = any(_mentions(condition, COMPARING) for condition in standing_conditions(asked.scenario))
    return not ranked and not any(source.compares for source in asked.blocks.blocks.values())


def standing_conditions(scenario: Scenario) -> list[Condition]:
    """What is asked of each person at every step: the exits and the goal."""
    return [*scenario.exit, *([scenario.goal.condition] if scenario.goal else [])]


def _mentions(condition: object, words: frozenset[str]) -> bool:
    match condition:
        case Mapping():
            return any(key in words or _mentions(value, words) for key, value in condition.items())
        case list() | tuple():
            return any(_mentions(value, words) for value in condition)
        case _:
            return False


def cohort(run: str, refs: Sequence[CohortRef]) -> exp.Query:
    """The people of a cohort's references, as they are today: customer_id, holdout, entry_ref, variant."""
    arms = [
        exp.and_(_equals(sql.column("w", "cohort_id"), ref.id), _equals(sql.column("w", "arm"), ref.arm))
        for ref in refs
    ]
    return file("cohort", run=run, of_refs=exp.paren(exp.or_(*arms)))


@dataclass(frozen=True)
class Audience:
    """What a step asks about its people."""

    scenario: Scenario
    blocks: offer.Offer
    channels: Sequence[Channel]
    parts: int = 1
    """Over how many parts the rows are spread."""
    attributes: bool = False
    """Whether its templates read the retailer's own columns of the customer."""
    library: Library = EMPTY
    """The segments that its exits and its goal may name."""


def recipients(asked: Audience, now: Moment) -> exp.Select:
    """The step's query over the relation `cohort`; `now` looks back to the run's slot for exits and the goal.

    Blocks show what is true now: a cart's items as they stand, not as they stood when the run began.
    """
    query = exp.select(*_person(asked, now), *_reach(asked.channels), *_blocks(asked.blocks))
    if asked.attributes:
        query.select(sql.column("c", "attributes"), copy=False)
    query.select(_part(asked.parts), copy=False).from_(sql.table_ref("cohort", "h"), copy=False)
    query.join(sql.table_ref("v_people", "c"), on=_same("c"), copy=False)
    for name in ("reach", "agreed", "absorbed", *(f"block_{block}" for block in asked.blocks.blocks)):
        query.join(sql.table_ref(name, name), on=_same(name), join_type="left", copy=False)
    reached = {"reach": _reached(), "agreed": _agreed(now), "absorbed": file("absorbed")}
    return with_relations(query, {**asked.blocks.ctes(replace(now, since=None)), **reached})


def send_step(scenario: Scenario, step_id: str) -> SendStep:
    """The send step of that id.

    Raises:
        RunError: the scenario has none.
    """
    step = next((step for step in walk(scenario.steps) if step.id == step_id), None)
    if isinstance(step, SendStep):
        return step
    raise RunError(f"there is no send step {step_id}", where=scenario.id, remedy="Start the run as its machine does.")


def _person(asked: Audience, now: Moment) -> list[exp.Expr]:
    written = asked.scenario.goal
    goal = predicate(written.condition, now, asked.library) if written else exp.false()
    return [
        sql.column("h", "customer_id"),
        sql.column("h", "holdout"),
        exp.alias_(_exit(asked, now), "exited", copy=False),
        exp.alias_(goal, "goal_reached", copy=False),
        exp.alias_(sql.column("c", "member_rank"), "rank"),
        sql.column("h", "variant"),
        sql.column("h", "entry_ref"),
        *(sql.column("reach", name) for name in ("zone", "locale", "display_name")),
        sql.column("absorbed", "aliases"),
    ]


def _exit(asked: Audience, now: Moment) -> exp.Expr:
    """The name of the first exit rule that holds; null while inside."""
    case = exp.Case().when(exp.not_(eligible(now, employees=True)), sql.literal("not_a_member"))
    for condition in asked.scenario.exit:
        case.when(predicate(condition, now, asked.library), sql.literal(next(iter(condition))), copy=False)
    return case


def _reach(channels: Sequence[Channel]) -> list[exp.Expr]:
    contacts = [exp.alias_(sql.column("reach", channel.value), f"contact_{channel}") for channel in channels]
    consents = [exp.alias_(sql.column("agreed", channel.value), f"consent_{channel}") for channel in channels]
    return [*contacts, *consents]


def _blocks(blocks: offer.Offer) -> list[exp.Expr]:
    return [exp.alias_(sql.column(f"block_{name}", "items"), f"block_{name}") for name in blocks.blocks]


def _part(parts: int) -> exp.Expr:
    """The customer's part: stable, so that a repeat writes the same files."""
    spread = exp.Mul(this=exp.paren(sql.share("part", sql.column("h", "customer_id"))), expression=sql.literal(parts))
    return exp.alias_(exp.cast(exp.Floor(this=spread), "int"), "part")


def _reached() -> exp.Select:
    """One row a person: the address of each channel, the zone and locale, and the name to greet by.

    Of several addresses of one channel (a merged person brings them) the one proven last counts, then the newest: one
    address a channel, so never two sends.
    """
    per_channel = {channel.value: _of_channel("address", channel.value) for channel in Channel}
    names = [_of_channel("display_name", channel) for channel in GREETING_CHANNELS]
    facts = {
        "display_name": exp.Coalesce(this=names[0], expressions=names[1:]),
        "zone": exp.Max(this=sql.column("k", "timezone")),
        "locale": exp.Max(this=sql.column("k", "locale")),
    }
    columns = [exp.alias_(value, name) for name, value in {**per_channel, **facts}.items()]
    best = exp.alias_(exp.Subquery(this=_best_contacts()), "k", table=True)
    first = exp.EQ(this=sql.column("k", "turn"), expression=sql.literal(1))
    return _per_person(columns, best).where(first)


def _best_contacts() -> exp.Query:
    return sql.parse(
        "SELECT i.person_id AS customer_id, k.channel, k.address, k.display_name, k.timezone, k.locale,"
        " ROW_NUMBER() OVER (PARTITION BY i.person_id, k.channel"
        " ORDER BY k.verified_at DESC NULLS LAST, k.updated_at DESC NULLS LAST, k.address) AS turn"
        " FROM pii.customer_contacts AS k"
        " JOIN v_identity AS i ON i.customer_id = k.customer_id"
        " JOIN cohort AS h ON h.customer_id = i.person_id",
        "flow.prepare",
    )


def _agreed(now: Moment) -> exp.Select:
    """One row a person: whether the latest word on each channel is an opt-in; null where they were never asked."""
    opted = exp.EQ(this=sql.column("k", "state"), expression=sql.literal("opt_in"))
    columns = [
        exp.alias_(exp.Max(this=exp.Case().when(_is_channel(channel.value), _flag(opted))), channel.value)
        for channel in Channel
    ]
    latest = exp.Subquery(this=_of_the_cohort(relation("consents_now", at=now.at)))
    return _per_person(columns, exp.alias_(latest, "k", table=True, copy=False))


def _of_the_cohort(consents: exp.Query) -> exp.Query:
    """The relation over the cohort's consents alone: ordering everybody's costs more than the rest of the step."""
    [ranked] = [select for select in consents.find_all(exp.Select) if select.find_ancestor(exp.Select)]
    same = exp.EQ(this=sql.column("h", "customer_id"), expression=sql.column("i", "person_id"))
    ranked.join(sql.table_ref("cohort", "h"), on=same, copy=False)
    return consents


def _flag(test: exp.Expr) -> exp.Expr:
    """1 or 0: MAX over booleans is not proven on both engines."""
    return exp.Case().when(test.copy(), sql.literal(1)).else_(sql.literal(0))


def _of_channel(column: str, channel: str) -> exp.Expr:
    return exp.Max(this=exp.Case().when(_is_channel(channel), sql.column("k", column)))


def _is_channel(channel: str) -> exp.Expr:
    return _equals(sql.column("k", "channel"), channel)


def _per_person(columns: Sequence[exp.Expr], rows: exp.Expr) -> exp.Select:
    person = sql.column("k", "customer_id")
    return exp.select(person, *columns).from_(rows).group_by(person.copy())


def _same(alias: str) -> exp.Expr:
    return exp.EQ(this=sql.column(alias, "customer_id"), expression=sql.column("h", "customer_id"))


def _equals(column: exp.Expr, value: str) -> exp.Expr:
    return exp.EQ(this=column, expression=sql.literal(value))


def with_relations(query: exp.Select, relations: Mapping[str, exp.Query]) -> exp.Select:
    """`query` with `relations` before its own CTEs."""
    clause = query.args.get("with_")
    ctes = [
        exp.CTE(this=relation, alias=exp.TableAlias(this=exp.to_identifier(name)))
        for name, relation in relations.items()
    ]
    query.set("with_", exp.With(expressions=[*ctes, *(clause.expressions if clause else [])]))
    return query
