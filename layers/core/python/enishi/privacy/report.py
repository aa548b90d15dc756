"""The report of an erasure: who asked, what stood where, what stands there now. It names nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from enishi.clock import to_text

FORMAT = "enishi-erasure/1"
ACTIONS: Mapping[str, str] = {
    "delete": "行を削除",
    "anonymise": "個人を示す列を消して保存",
    "edit": "本人の部分を除去",
    "rewrite": "本人を除いて書き直し",
    "erase": "記録を削除",
    "sweep": "ファイルを削除または書き直し",
}


@dataclass(frozen=True)
class Request:
    """Why an erasure is done. `by` is the desk that passed it on, never the person."""

    at: datetime
    by: str = ""
    why: str = ""


@dataclass(frozen=True)
class Place:
    """Rows, entries or files about the person in one place."""

    place: str
    ja: str
    action: str
    before: int
    after: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What an erasure came to."""

    erasure_id: str
    person: str
    """The tombstone of the person's surviving record."""
    request: Request
    started_at: datetime
    finished_at: datetime
    places: Sequence[Place]
    files: Mapping[str, tuple[int, int]]
    """Place → files that held one of the person's values, before and after."""
    looked_for: int
    """How many values were looked for."""
    tombstones: int
    limits: Sequence[str] = field(default=())

    @property
    def clean(self) -> bool:
        """Nothing of the person is left where this environment can look."""
        return not any(place.after for place in self.places) and not any(after for _, after in self.files.values())


def content(outcome: Outcome, environment: Mapping[str, str]) -> dict[str, Any]:
    """The report as plain values: what is signed."""
    return {
        "format": FORMAT,
        "erasure_id": outcome.erasure_id,
        "person": outcome.person,
        **environment,
        "requested_at": to_text(outcome.request.at),
        "requested_by": outcome.request.by,
        "reason": outcome.request.why,
        "started_at": to_text(outcome.started_at),
        "finished_at": to_text(outcome.finished_at),
        "places": [asdict(place) for place in outcome.places],
        "files": [{"place": name, "before": old, "after": new} for name, (old, new) in sorted(outcome.files.items())],
        "values_looked_for": outcome.looked_for,
        "tombstones": outcome.tombstones,
        "clean": outcome.clean,
        "limits": list(outcome.limits),
    }


def html(document: Mapping[str, Any]) -> str:
    """A signed report as a page for people (Japanese)."""
    return _page("report.html.j2").render(document=document, report=document["report"], actions=ACTIONS)


def held_html(held: Mapping[str, Any]) -> str:
    """What is held about a person as a page for them (Japanese)."""
    return _page("access.html.j2").render(held=held, columns_of=columns_of)


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The columns that have a value in some row, in order."""
    return list(dict.fromkeys(name for row in rows for name, value in row.items() if value not in (None, "", [], {})))


@cache
def _page(name: str) -> Template:
    text = (files("enishi.privacy") / name).read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)
