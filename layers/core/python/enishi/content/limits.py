"""What one rendering may spend. Counting, not signals: it works in every thread and gives the same verdict everywhere.

A sandbox stops a template from reaching out; it does not stop it from running for ever. So the compiler
(`enishi.content.grammar`) puts a charge before every loop round, macro call and block, and every printed value is
charged with its length.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from time import thread_time


class Exhausted(Exception):  # noqa: N818 - a verdict on a template, turned into Quarantined before it leaves the package
    """The template wanted more than its limits."""


@dataclass(frozen=True)
class Limits:
    """Budgets of one rendering, and the size of a template's source."""

    work: int = 1_000_000
    """Template nodes evaluated, loops unrolled."""
    characters: int = 1_000_000
    """Characters printed into the result or into a variable."""
    result_bytes: int = 1_000_000
    seconds: float = 1.5
    """Of the thread's own CPU: a machine that stalls is no fault of the template."""
    source_characters: int = 200_000


Signer = Callable[[str, str, int, str], str]
"""(url, block, position, product id) → the tracked address of a link; the renderer gives one for each message."""


_BETWEEN_LOOKS = 256
"""Nodes between two looks at the clock: the thread's own time is asked of the kernel."""


class Meter:
    """What one rendering has spent so far."""

    __slots__ = ("_characters", "_deadline", "_look_at", "_work", "signer")

    def __init__(self, limits: Limits, signer: Signer) -> None:
        self._work = self._look_at = limits.work
        self._characters = limits.characters
        self._deadline = thread_time() + limits.seconds
        self.signer = signer

    def print(self, characters: int) -> None:
        """Charge `characters` of output."""
        self._characters -= characters
        if self._characters < 0:
            raise Exhausted("it writes more than 1 MB")

    def step(self, nodes: int, characters: int) -> None:
        """Charge one pass through a body of `nodes` expressions and `characters` of fixed text."""
        self._work -= nodes
        self._characters -= characters
        if self._work < 0 or self._characters < 0:
            raise Exhausted("it loops more than its budget allows")
        if self._work < self._look_at:
            self._look_at = self._work - _BETWEEN_LOOKS
            if thread_time() > self._deadline:
                raise Exhausted("it takes longer than its time budget")


METER: ContextVar[Meter] = ContextVar("enishi_content_meter")
"""The meter of the rendering in progress in this thread."""
