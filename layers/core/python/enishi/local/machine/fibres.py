"""Cooperative tasks on a timeline: generators that yield what they wait for.

A routine yields `Sleep`, `Gather` or `Await` and is resumed with the outcome. Nothing recurses: every resumption is an
action of the timeline, so an execution may have any number of states.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enishi.local.timeline import Timeline


class StateFailure(Exception):  # noqa: N818 - the word of the States Language
    """A state failed: `error` is the name that Retry and Catch match, `cause` a sentence."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass(frozen=True)
class Sleep:
    until: datetime


@dataclass(frozen=True)
class Gather:
    """Run children side by side, at most `limit` at a time (0: all); the answer is their results in order."""

    children: Iterator[Routine]
    limit: int = 0


@dataclass(frozen=True)
class Await:
    """Work that is under way elsewhere; the routine goes on when it is done, and takes the outcome itself."""

    work: Future[Any]


Effect = Sleep | Gather | Await
Routine = Generator[Effect, Any, Any]
Finish = Callable[[Any, StateFailure | None], None]


class Fibre:
    """One running routine."""

    def __init__(self, timeline: Timeline, routine: Routine, finish: Finish) -> None:
        self._timeline = timeline
        self._routine = routine
        self._finish = finish
        self._gathering: _Gathering | None = None
        self._cancelled = False
        self._resume(None, None)

    def cancel(self) -> None:
        """Stop for good; a sibling has failed."""
        self._cancelled = True
        self._routine.close()
        if self._gathering:
            self._gathering.cancel()

    def _resume(self, value: Any, failure: StateFailure | None) -> None:
        self._timeline.soon(lambda: self._advance(value, failure))

    def _advance(self, value: Any, failure: StateFailure | None) -> None:
        if self._cancelled:
            return
        try:
            effect = self._routine.throw(failure) if failure else self._routine.send(value)
        except StopIteration as stop:
            self._finish(stop.value, None)
        except StateFailure as raised:
            self._finish(None, raised)
        else:
            self._begin(effect)

    def _begin(self, effect: Effect) -> None:
        if isinstance(effect, Sleep):
            self._timeline.at(effect.until, lambda: self._advance(None, None))
        elif isinstance(effect, Await):
            self._timeline.when_done(effect.work, lambda: self._advance(None, None))
        else:
            self._gathering = _Gathering(self._timeline, effect, self._resume)


class _Gathering:
    def __init__(self, timeline: Timeline, effect: Gather, finish: Finish) -> None:
        self._timeline = timeline
        self._waiting = enumerate(effect.children)
        self._finish = finish
        self._running: dict[int, Fibre] = {}
        self._results: dict[int, Any] = {}
        self._over = False
        started = 0
        while (not effect.limit or started < effect.limit) and self._start_next():
            started += 1
        self._end_when_empty()

    def cancel(self) -> None:
        self._over = True
        for fibre in self._running.values():
            fibre.cancel()

    def _start_next(self) -> bool:
        index, routine = next(self._waiting, (0, None))
        if routine is None:
            return False
        self._running[index] = Fibre(self._timeline, routine, lambda value, bad: self._ended(index, value, bad))
        return True

    def _ended(self, index: int, value: Any, failure: StateFailure | None) -> None:
        del self._running[index]
        if self._over:
            return
        if failure:
            self.cancel()
            self._finish(None, failure)
            return
        self._results[index] = value
        self._start_next()
        self._end_when_empty()

    def _end_when_empty(self) -> None:
        if not self._running and not self._over:
            self._over = True
            self._finish([self._results[index] for index in sorted(self._results)], None)
