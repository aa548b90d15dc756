"""The world after the business date: people who go on shopping, and who answer the messages that they get.

Everything is a function of the seed, the day and the messages: a day can be played again, and a process that died goes
on where it was. The world holds all people in memory and is meant for a laptop's sample.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ids import stable_id
from enishi.sample import people, reactions, responses
from enishi.sample.files import TOKYO, Drop, RawFile
from enishi.sample.generate import build_part, parts_of
from enishi.sample.living import Quarter, live
from enishi.sample.responses import Answer, Sent

SYSTEM = "sample"
"""The source system in customer ids, as in the mappings."""
_EPOCH = date(1970, 1, 1)
_DAY = 86400


@dataclass(frozen=True)
class Heard:
    """The messages that people got, and what they buy because of them."""

    sent: list[Sent]
    answers: list[Answer]


@dataclass(frozen=True)
class World:
    """The people of a generated sample; the arguments are those of `generate`."""

    seed: int
    members: int
    business_date: date

    @classmethod
    def open(cls, folder: Path) -> World:
        """The world of the files that `generate` wrote into `folder`.

        Raises:
            SourceFileError: `folder` holds no sample.
        """
        path = folder / "truth" / "world.json"
        if not path.exists():
            raise SourceFileError("this folder holds no sample", where=str(path), remedy="Generate it first.")
        facts = json.loads(path.read_text(encoding="utf-8"))
        return cls(facts["seed"], facts["members"], date.fromisoformat(facts["business_date"]))

    def react(self, messages: pa.Table, day: date) -> dict[str, list[str]]:
        """What providers report on `day` of Tokyo about `messages`: JSON lines by provider (ses, line, push).

        `messages` has the columns of the lake's table and holds all that went out in the days before as well: opens and
        clicks come late. Rows that were not sent are left out.
        """
        return self._react(self._hear(messages), day)

    def live(self, day: date, messages: pa.Table, out: Path) -> list[RawFile]:
        """Write the raw files of `day` under `out`: what people bought anyway, and because of `messages` (as above)."""
        return self._live(self._hear(messages), day, out)

    def _hear(self, messages: pa.Table) -> Heard:
        """What people make of `messages`; on most days nothing has come since the day before."""
        for before, heard in self._lately:
            if before.equals(messages):
                return heard
        sent = responses.read(messages, self.persons)
        self._lately[:] = [(messages, Heard(sent, responses.answers(sent, self.seed)))]
        return self._lately[0][1]

    @cached_property
    def _lately(self) -> list[tuple[pa.Table, Heard]]:
        """The messages that were heard last, and what was made of them."""
        return []

    def _react(self, heard: Heard, day: date) -> dict[str, list[str]]:
        start = (day - _EPOCH).days * _DAY - TOKYO
        bought = {answer.message.id: answer.at for answer in heard.answers}
        lines: dict[str, list[str]] = defaultdict(list)
        found = reactions.events_of(heard.sent, bought, self.seed, start, start + _DAY)
        for message, event in sorted(found, key=lambda pair: (pair[1].at, pair[0].id, pair[1].kind)):
            lines[reactions.PROVIDERS[message.channel]].append(reactions.as_line(message, event))
        return dict(lines)

    def _live(self, heard: Heard, day: date, out: Path) -> list[RawFile]:
        drop = Drop(out, day)
        start = (day - _EPOCH).days * _DAY - TOKYO
        caused: dict[int, list[Answer]] = defaultdict(list)
        for answer in heard.answers:
            caused[answer.message.person // people.PART].append(answer)
        for number, quarter in enumerate(self.quarters):
            suffix = "_live" if number == 0 else f"_live_p{number:04d}"
            live(quarter, caused[number], start, drop.at(suffix))
        return drop.written

    @cached_property
    def quarters(self) -> tuple[Quarter, ...]:
        """The people, part by part."""
        today = (self.business_date - _EPOCH).days
        return tuple(
            Quarter(*build_part(self.seed, part, size, today), number=part) for part, size in parts_of(self.members)
        )

    @cached_property
    def persons(self) -> Mapping[str, int]:
        """Person by customer id: every card and account, for any record may be the one that survived."""
        found: dict[str, int] = {}
        for quarter in self.quarters:
            for number, person in quarter.numbers():
                found[stable_id("C", SYSTEM, number)] = person
        return found
