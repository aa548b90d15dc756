"""What messages do to people: who buys because of one and when, drawn from the message and the person alone.

Every draw is a hash of ids and the seed, so that a day can be simulated alone, again, and with other messages beside.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from enishi.sample import vocabulary
from enishi.sample.files import TOKYO
from enishi.sample.randomness import Floats

_DRAWS = 8
COLUMNS = ("message_id", "scenario_id", "step_id", "customer_id", "channel", "status", "sent_at")
"""What of `messages` people see."""


class Sent(NamedTuple):
    """A message that a provider took. `person` is an index of the world; `at` is seconds since 1970, UTC."""

    id: str
    scenario: str
    step: str
    person: int
    channel: str
    at: int


@dataclass(frozen=True)
class Answer:
    """A purchase that a message caused, at `at` (seconds since 1970, UTC)."""

    message: Sent
    at: int


def read(messages: pa.Table, persons: Mapping[str, int]) -> list[Sent]:
    """The sent ones of `messages` (`COLUMNS` of the lake's table), in order of time. Control rows, failures and
    strangers are left out."""
    moments = messages.column("sent_at").cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    columns = [*(messages.column(name).to_pylist() for name in COLUMNS[:-1]), moments.to_pylist()]
    found = [
        Sent(identifier, scenario, step or "", persons[customer], channel, at)
        for identifier, scenario, step, customer, channel, status, at in zip(*columns, strict=True)
        if status == "sent" and customer in persons and at is not None
    ]
    return sorted(found, key=lambda message: (message.at, message.id))


def answers(sent: Sequence[Sent], seed: int) -> list[Answer]:
    """Who buys because of a message: at most once a person and scenario, the more likely the more messages."""
    by_person: dict[tuple[int, str], list[Sent]] = defaultdict(list)
    for message in sent:
        by_person[message.person, message.scenario].append(message)
    groups = list(by_person.items())
    luck = draws([f"{person}|{scenario}" for (person, scenario), _ in groups], seed, "buys")
    found = (_first_answer(messages, row) for (_, messages), row in zip(groups, luck, strict=True))
    return [answer for answer in found if answer is not None]


def _first_answer(messages: Sequence[Sent], luck: Floats) -> Answer | None:
    resisted = 1.0
    for message in messages:
        resisted *= 1 - increment(message)
        if luck[0] < 1 - resisted:
            wait = 1200 + int(_delay("buy") * -np.log(max(float(luck[1]), 1e-9)))
            return Answer(message, _while_open(message.at + wait, float(luck[2])))
    return None


def _while_open(at: int, luck: float) -> int:
    """The same moment when shops are open in Tokyo (10 to 21 o'clock), else the next morning."""
    day, second = divmod(at + TOKYO, 86400)
    if 36_000 <= second < 75_600:
        return at
    return (day + (second >= 75_600)) * 86400 + 36_000 + int(luck * 7200) - TOKYO


def increment(message: Sent) -> float:
    """Probability that this message makes its reader buy."""
    return _increment(message.scenario, message.channel)


@cache
def _increment(scenario: str, name: str) -> float:
    return float(manner(scenario)["buys"] * channel(name).get("buys", 0.0))


@cache
def manner(scenario: str) -> Mapping[str, float]:
    data = vocabulary.read("reactions")
    return MappingProxyType(data["scenarios"].get(scenario, data["other"]))


@cache
def channel(name: str) -> Mapping[str, float]:
    return MappingProxyType(vocabulary.read("reactions")["channels"].get(name, {}))


def _delay(name: str) -> int:
    return int(vocabulary.read("reactions")["delays"][name])


def draws(keys: Sequence[str], *names: Any) -> Floats:
    """Eight stable numbers in [0, 1) a key: float64[len(keys), 8]."""
    salt = "|".join(str(name) for name in names).encode()[:64]
    digests = b"".join(hashlib.blake2b(key.encode(), digest_size=8 * _DRAWS, key=salt).digest() for key in keys)
    return np.frombuffer(digests, dtype=">u8").reshape(-1, _DRAWS).astype(np.float64) / 2.0**64
