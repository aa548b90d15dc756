"""Which rows the next fetch takes: from the last value that was loaded, less the look-back, to the newest there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from enishi.errors import MappingError
from enishi.ids import stable_id
from enishi.ingest.connectors.declaration import BigQuery, Incremental, Origin, Redshift
from enishi.ingest.mapping import Mapping
from enishi.ports import Question, Range

_PLACE = ("workgroup", "cluster", "database", "role", "user", "secret", "project", "location", "credentials")


@dataclass(frozen=True)
class Fetch:
    """One fetch of a source: its id (the same window of the same source is the same fetch) and the values it spans."""

    source: str
    id: str
    since: str | None
    until: str | None

    @property
    def folder(self) -> str:
        """Where its files lie in the raw store."""
        return f"drop/{self.source}/{self.id}"


def question(source: Mapping, span: Range | None = None) -> Question:
    """What is asked of the database of `source`, over `span` when the source is incremental.

    Raises:
        MappingError: the source asks no database.
    """
    asked = asked_of(source)
    said = asked.model_dump(include=set(_PLACE))
    if limit := getattr(asked, "max_gigabytes", None):
        said["max_gigabytes"] = str(limit)
    place = {name: str(value) for name, value in said.items() if value}
    return Question(source.id, place, asked.table, asked.query, asked.columns, span)


def asked_of(source: Mapping) -> Redshift | BigQuery:
    origin: Origin | None = source.origin
    if origin is None or origin.asked is None:
        raise MappingError(
            "this source asks no database", where=f"source {source.id}", remedy="See docs/connectors.md."
        )
    return origin.asked


def plan(source: Mapping, watermark: str | None, newest: str | None, at: datetime) -> Fetch | None:
    """The next fetch after `watermark`; None when an incremental source holds no row.

    A source that is not incremental is fetched whole, once a moment `at`.
    """
    incremental = asked_of(source).incremental
    if incremental is None:
        moment = f"{at:%Y%m%dT%H%M%SZ}"
        return Fetch(source.id, _mark(source, moment, moment), None, None)
    if newest is None:
        return None
    since = earlier(watermark, incremental) if watermark is not None else None
    return Fetch(source.id, _mark(source, newest, f"{since}|{newest}"), since, newest)


def span(source: Mapping, fetch: Fetch) -> Range | None:
    """The range of the incremental column that `fetch` takes."""
    incremental = asked_of(source).incremental
    if incremental is None or fetch.until is None:
        return None
    return Range(incremental.column, incremental.type, fetch.since, fetch.until)


def earlier(value: str, incremental: Incremental) -> str:
    """`value` less the look-back, written as databases write it.

    Raises:
        MappingError: the value is not of the column's type.
    """
    try:
        return _EARLIER[incremental.type](value, incremental.lookback)
    except ValueError as error:
        raise MappingError(
            f"the value of the incremental column is no {incremental.type}",
            where=f"from.incremental.{incremental.column}",
            remedy="Say its type: timestamp, datetime, date or integer; or give --since as the database writes it.",
        ) from error


def later(one: str | None, other: str, incremental: Incremental) -> bool:
    """Whether `other` lies after `one`."""
    return one is None or _ORDER[incremental.type](other) > _ORDER[incremental.type](one)


def _instant(value: str) -> datetime:
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=None) - (read.utcoffset() or timedelta())


def _instant_less(value: str, back: timedelta | int) -> str:
    read = datetime.fromisoformat(value) - (back if isinstance(back, timedelta) else timedelta())
    return read.isoformat(sep=" ")


def _day_less(value: str, back: timedelta | int) -> str:
    return (date.fromisoformat(value[:10]) - (back if isinstance(back, timedelta) else timedelta())).isoformat()


def _number_less(value: str, back: timedelta | int) -> str:
    return str(int(value) - (back if isinstance(back, int) else 0))


_EARLIER = {"timestamp": _instant_less, "datetime": _instant_less, "date": _day_less, "integer": _number_less}
_ORDER: dict[str, Callable[[str], Any]] = {
    "timestamp": _instant,
    "datetime": _instant,
    "date": lambda value: value,
    "integer": int,
}


def _mark(source: Mapping, newest: str, window: str) -> str:
    """Sorts by the newest value inside; the rest tells windows and mappings apart."""
    head = "".join(sign for sign in newest if sign.isalnum())[:24]
    return f"{head}-{stable_id('', source.id, source.version, window)[:10]}"
