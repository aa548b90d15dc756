"""The workspace of the four people of `small_people`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from enishi.clock import ManualClock
from enishi.local.privacy import local_tools
from enishi.local.services import local_services
from enishi.ports import Cap, Channel, Claim
from enishi.settings import Settings
from tests.unit.privacy.small_people import MAIL, NOW, ROWS, World, fill


@pytest.fixture
def make(tmp_path: Path) -> Callable[[], World]:
    def opened() -> World:
        services = local_services(Settings(home=tmp_path / "home"), ManualClock(NOW))
        return World(tmp_path / "home", services, local_tools(services))

    return opened


@pytest.fixture
def world(make: Callable[[], World]) -> World:
    made = make()
    fill(made.services, ROWS)
    claim = Claim("m1", "R1", "s", 0, "C-a1", Channel.MAIL, NOW, (Cap("day#C-a1#2026-11-21", 2),))
    made.services.ledger.claim([claim], NOW)
    made.services.permissions.refuse("C-a1", Channel.LINE, "blocked", NOW)
    made.services.raw.put("drop/notes/visits.txt", f"1,{MAIL}\n2,d@mail.example.jp\n".encode("cp932"))
    (made.home / "exports").mkdir()
    (made.home / "exports" / "list.csv").write_text("customer_id\nC-a1\nC-b1\n", encoding="utf-8")
    return made
