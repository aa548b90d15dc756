"""Alarm thresholds: a file that is too unlike what came before does not replace good data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from enishi.ingest.log import Past
from enishi.ingest.report import Check, Verdict
from enishi.ingest.stage import Staged

_SNAPSHOT_FEWER = 0.5
"""A snapshot speaks for all rows: half of them missing is a broken file, unless the mapping says another share."""


@dataclass(frozen=True)
class Change:
    """What a load would do to rows that stand: how many it knows and would change, how many it would remove."""

    known: int = 0
    changed: int = 0
    stood: int = 0
    lost: int = 0


def alarms(staged: Staged, past: Past, change: Change) -> list[Check]:
    """Every threshold that can be measured."""
    return [check for one in _ALARMS for check in one(staged, past, change)]


def asks_for_changes(staged: Staged) -> bool:
    """Whether it matters how many known rows would change: they then have to be compared before they are written."""
    return staged.mapping.limits.changed is not None or staged.mapping.load.mode == "append"


def _quarantined(staged: Staged, _past: Past, _change: Change) -> Iterator[Check]:
    limits = staged.mapping.limits
    if limits.quarantined is not None and staged.rows_in >= max(limits.small, 1):
        yield _at_most("share of bad rows", staged.rejected / staged.rows_in, limits.quarantined)


def _rows(staged: Staged, past: Past, _change: Change) -> Iterator[Check]:
    limits = staged.mapping.limits
    before = [load.rows_in for load in past.loads[: limits.of]]
    usual = median(before) if len(before) >= limits.after else 0
    if usual < max(limits.small, 1):
        return
    whole = staged.mapping.load.mode == "snapshot" and "fewer" not in limits.model_fields_set
    fewer = _SNAPSHOT_FEWER if whole else limits.fewer
    ratio = staged.rows_in / usual
    if fewer is not None:
        yield _check("rows over the median of earlier loads", ratio >= fewer, ratio, f"at least {fewer:.0%}")
    if limits.more is not None:
        yield _at_most("rows over the median of earlier loads", ratio, limits.more)


def _empties(staged: Staged, past: Past, _change: Change) -> Iterator[Check]:
    limits = staged.mapping.limits
    before = [load.empties for load in past.loads[: limits.of]]
    if limits.nulls is None or len(before) < limits.after or staged.rows_in < limits.small:
        return
    for name, share in empties(staged).items():
        known = [shares[name] for shares in before if name in shares]
        if len(known) >= limits.after and share - median(known) > limits.nulls:
            yield _at_most(f"rise of the share of empty values in {name}", share - median(known), limits.nulls)


def _changed(staged: Staged, _past: Past, change: Change) -> Iterator[Check]:
    limits = staged.mapping.limits
    limit = 0.0 if staged.mapping.load.mode == "append" and limits.changed is None else limits.changed
    floor = 1 if staged.mapping.load.mode == "append" else max(limits.small, 1)
    if limit is not None and change.known >= floor:
        yield _at_most("share of known rows with other values", change.changed / change.known, limit)


def _lost(staged: Staged, _past: Past, change: Change) -> Iterator[Check]:
    limits = staged.mapping.limits
    if staged.mapping.load.mode == "snapshot" and limits.gone is not None and change.stood >= max(limits.small, 1):
        yield _at_most("share of rows that would disappear", change.lost / change.stood, limits.gone)


_ALARMS: Sequence[Callable[[Staged, Past, Change], Iterator[Check]]] = (_quarantined, _rows, _empties, _changed, _lost)


def empties(staged: Staged) -> Mapping[str, float]:
    """Share of empty values by table.column, of the rows that were offered."""
    watch = staged.watch
    return {name: 1 - watch.filled[name] / rows for name, rows in watch.offered.items() if rows}


def _at_most(name: str, measured: float, limit: float) -> Check:
    return _check(name, measured <= limit, measured, f"at most {limit:.0%}")


def _check(name: str, holds: bool, measured: float, limit: str) -> Check:
    return Check(name, Verdict.HOLDS if holds else Verdict.STOPS, f"{measured:.1%}", limit)
