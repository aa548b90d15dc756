"""From guesses to targets of a mapping: the table itself, what its key lacks, and the tables that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enishi.ingest.proposal.canonical import Place, guesses_in, spec_of
from enishi.ingest.proposal.profile import Confidence, Guess, Profile
from enishi.ingest.proposal.words import Words
from enishi.lake import schema

SINCE = "1970-01-01"
"""Start of an id's validity where the file does not say since when it holds."""
ROUTES = {"mail": ("mail", "mail", "email"), "mobile": ("sms", "phone", "phone"), "phone": ("", "phone", "phone")}
"""Kind of personal data → channel of a contact ("" = none), normaliser, kind of identity."""


@dataclass(frozen=True)
class Draft:
    """A target to be: its table, its columns with their reasons, and its other keys."""

    table: str
    guesses: tuple[Guess, ...]
    reason: str
    keys: dict[str, Any] = field(default_factory=dict)


def drafts(place: Place, profiles: Sequence[Profile], words: Words) -> list[Draft]:
    """The targets for a file that is taken for `place.table`."""
    build = TABLES.get(place.table, _plain)
    return [_with_key(draft, profiles) for draft in build(place, profiles, words)]


def _plain(place: Place, _profiles: Sequence[Profile], _words: Words) -> Iterator[Draft]:
    own = "attributes" in schema.table(place.table).names
    yield Draft(place.table, place.guesses, place.reason, {"attributes": True} if own else {})


def _with_key(draft: Draft, profiles: Sequence[Profile]) -> Draft:
    """The key's columns that nothing fills: a number within the rest of the key, or an id of the whole row."""
    table = schema.table(draft.table)
    filled = {guess.column for guess in draft.guesses}
    lacking = [name for name in table.key if name not in filled]
    extra = [_stand_in(table, name, draft, profiles) for name in lacking]
    keys = [guess for guess in (*draft.guesses, *extra) if guess.column in table.key]
    others = [guess for guess in draft.guesses if guess.column not in table.key]
    ordered = sorted(keys, key=lambda guess: table.key.index(guess.column))
    return Draft(draft.table, (*ordered, *others), draft.reason, draft.keys)


def _stand_in(table: schema.Table, name: str, draft: Draft, profiles: Sequence[Profile]) -> Guess:
    kind = table.column(name).kind.name
    rest = [source for guess in draft.guesses if guess.column in table.key for source in guess.sources]
    if kind in ("int", "bigint") and rest:
        spec: dict[str, Any] = {"line_of": rest[0] if len(rest) == 1 else rest}
        return Guess(name, spec, "the file has none: numbered in the order of the file", Confidence.LIKELY)
    if kind in ("date", "timestamp"):
        return Guess(name, {"const": SINCE}, "the file does not say since when", Confidence.UNSURE)
    told = [source for guess in draft.guesses for source in guess.sources]
    every = list(dict.fromkeys(told)) or [profile.name for profile in profiles if profile.kind.name != "list"]
    reason = "no column is this key: an id of these columns, and of how often they came before"
    return Guess(name, {"occurrence": every, "id": name[:1].upper()}, reason, Confidence.UNSURE)


def _orders(place: Place, profiles: Sequence[Profile], _words: Words) -> Iterator[Draft]:
    guesses = (*place.guesses, *_moment(place, profiles), *_states({guess.column for guess in place.guesses}))
    yield Draft("orders", guesses, place.reason, {"attributes": True})


def _receipts(place: Place, profiles: Sequence[Profile], words: Words) -> Iterator[Draft]:
    """Lines, and the headers that they imply: one order a group of lines."""
    found = Place("orders", guesses_in("orders", profiles, words), "", place.confidence)
    moment = [*(guess for guess in found.guesses if guess.column == "ordered_at"), *_moment(found, profiles)]
    yield Draft(
        "orders", _header(place, found, moment), "the lines' headers: one row an order", {"group_by": "order_id"}
    )
    lines = list(place.guesses)
    if not any(guess.column == "order_date" for guess in lines):
        lines += [_day_of(guess) for guess in moment]
    yield Draft("order_lines", tuple(lines), place.reason, {"attributes": True})


def _header(place: Place, header: Place, moment: Sequence[Guess]) -> tuple[Guess, ...]:
    """The order's own columns; its amount is the sum of the lines'."""
    found = [guess for guess in header.guesses if guess.column not in ("ordered_at", "net_amount")] + list(moment)
    if amount := next((guess for guess in place.guesses if guess.column == "line_amount"), None):
        found.append(Guess("net_amount", amount.spec | {"group": "sum"}, "the sum of the lines", Confidence.LIKELY))
    return (*found, *_states({guess.column for guess in found}))


def _moment(place: Place, profiles: Sequence[Profile]) -> Iterator[Guess]:
    """`ordered_at` of a file that keeps day and time of day apart, or has the day alone."""
    if any(guess.column == "ordered_at" for guess in place.guesses):
        return
    days = [profile for profile in profiles if profile.kind.name == "date"]
    if not days:
        return
    named = place.source_of("order_date")
    day = next((profile for profile in days if profile.name == named), days[0])
    clock = next((profile for profile in profiles if profile.kind.name == "clock"), None)
    if clock is None:
        yield Guess("ordered_at", spec_of("ordered_at", "timestamp", day), "the day alone: midnight", Confidence.UNSURE)
        return
    spec: dict[str, Any] = {"from": [day.name, clock.name], "join": " "}
    if day.kind.formats != ("iso",):
        spec["format"] = f"{day.kind.formats[0]} %H:%M:%S"
    yield Guess("ordered_at", spec, f"{day.name} and {clock.name} together; {day.kind.says}", Confidence.LIKELY)


def _day_of(moment: Guess) -> Guess:
    spec = moment.spec | {"business_day": True}
    return Guess("order_date", spec, "the day of ordered_at", moment.confidence)


_ASSUMED = {"channel": "store", "order_type": "normal", "status": "completed"}


def _states(taken: set[str]) -> Iterator[Guess]:
    """What every purchase must say and this file does not."""
    for name, word in _ASSUMED.items():
        if name not in taken:
            yield Guess(
                name,
                {"const": word},
                "the file does not say; without it no row counts as a purchase",
                Confidence.UNSURE,
            )


def _people(place: Place, profiles: Sequence[Profile], words: Words) -> Iterator[Draft]:
    """The customer, and what is personal: contacts in their own database, hashes as identities."""
    known = (*place.guesses, *_compared(profiles))
    yield from _plain(replace(place, guesses=known), profiles, words)
    owner = next((guess for guess in place.guesses if guess.column == "customer_id"), None)
    if owner is None:
        return
    yield from _letters(place, owner, profiles)
    since = _since(place)
    for profile in profiles:
        if profile.personal in ROUTES:
            yield from _reach(owner, since, profile, profiles)


def _compared(profiles: Sequence[Profile]) -> Iterator[Guess]:
    """The hash by which names are compared: of the reading where there is one, else of the written name."""
    for kind, normaliser in (("reading", "kana"), ("name", "name")):
        named = [profile.name for profile in profiles if profile.personal == kind]
        if named:
            spec = {"from": named[0], "normalise": normaliser, "hash": True}
            yield Guess("name_hash", spec, "the hash alone, for matching", Confidence.LIKELY)
            return


def _letters(place: Place, owner: Guess, profiles: Sequence[Profile]) -> Iterator[Draft]:
    """Where letters and catalogues go: postal code and address lines as one text."""
    lines = [profile.name for profile in profiles if profile.personal == "postal_address"]
    if not lines:
        return
    code = place.source_of("postal_code")
    parts = [*([code] if code else []), *lines]
    spec: dict[str, Any] = {"from": parts[0]} if len(parts) == 1 else {"from": parts, "join": " "}
    address = Guess("address", spec | {"normalise": "text"}, "postal code and lines as one text", Confidence.LIKELY)
    reason = f"{', '.join(lines)}: personal, its own database"
    guesses = (owner, _const("channel", "catalog"), address, *_greeting(profiles))
    yield Draft("customer_contacts", guesses, reason, {"needs": "address"})


def _since(place: Place) -> Guess:
    for guess in place.guesses:
        if guess.column in ("registered_at", "registered_date"):
            spec = {key: value for key, value in guess.spec.items() if key != "business_day"}
            return Guess("valid_from", spec, "since the registration", Confidence.LIKELY)
    return Guess("valid_from", {"const": SINCE}, "the file does not say since when", Confidence.UNSURE)


def _reach(owner: Guess, since: Guess, profile: Profile, profiles: Sequence[Profile]) -> Iterator[Draft]:
    channel, normaliser, kind = ROUTES[profile.personal]
    if channel:
        address = Guess(
            "address", {"from": profile.name, "normalise": normaliser}, f"values of {profile.name} are addresses"
        )
        guesses = (owner, _const("channel", channel), address, *_greeting(profiles))
        yield Draft("customer_contacts", guesses, f"{profile.name} is personal: its own database", {"needs": "address"})
    hashed = "mail_key" if normaliser == "mail" else normaliser
    value = Guess(
        "id_value_hash", {"from": profile.name, "normalise": hashed, "hash": True}, "the hash alone, for matching"
    )
    rule = _const("match_rule", "master")
    guesses = (owner, _const("id_type", kind), value, since, rule)
    yield Draft("identities", guesses, f"{profile.name} tells who is the same person", {"needs": "id_value_hash"})


def _const(column: str, word: str) -> Guess:
    return Guess(column, {"const": word}, "")


def _greeting(profiles: Sequence[Profile]) -> Iterator[Guess]:
    """The name to greet by: the surname where there is one, else the whole name."""
    for kind in ("surname", "name"):
        for profile in profiles:
            if profile.personal == kind:
                yield Guess("display_name", {"from": profile.name, "normalise": "text"}, "the name to greet by")
                return


TABLES: dict[str, Callable[[Place, Sequence[Profile], Words], Iterator[Draft]]] = {
    "orders": _orders,
    "order_lines": _receipts,
    "customers": _people,
}
"""Tables whose file is more than one target."""
