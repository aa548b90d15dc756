"""What every command shares: where it works, how it prints. Services are wired on first use: `--help` costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from enishi.ports import Services
    from enishi.settings import Settings


@dataclass
class Session:
    """One call of the command line."""

    settings: Settings
    format: str = "table"
    console: Console = field(default_factory=Console)
    errors: Console = field(default_factory=lambda: Console(stderr=True))

    @cached_property
    def services(self) -> Services:
        from enishi import wiring

        return wiring.services(self.settings)
