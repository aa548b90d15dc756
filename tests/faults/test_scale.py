"""R3 scaled down: thousands of recipients in chunks, throttling, timeouts and kills; the whole size is `heavy`."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from enishi.channels.pace import Paced, TokenBucket
from enishi.ports import Channel
from enishi.settings import Settings
from tests.faults.providers import Death, Fault, FaultyProvider, Killed, MortalLedger
from tests.faults.test_kills import NoTime
from tests.faults.world import Phone, make_world, people


@pytest.mark.parametrize(
    ("size", "chunk_size", "kills"), [(2_000, 250, 8), pytest.param(100_000, 1_000, 20, marks=pytest.mark.heavy)]
)
def test_nothing_twice_nothing_lost_and_the_balance_holds(
    tmp_path: Path, size: int, chunk_size: int, kills: int
) -> None:
    chance = random.Random(20261121)  # noqa: S311 - a seed to repeat a case, not a secret
    death, phone, time = Death(), Phone(), NoTime()
    crowd = people(size, (Channel.MAIL,))
    faults = [Fault.THROTTLED] * 5 + [Fault.LOST_ANSWER, Fault.LOST_REQUEST] + [Fault.NONE] * 93
    plan = {recipient.contacts[Channel.MAIL]: chance.choice(faults) for recipient in crowd}
    provider = FaultyProvider(Channel.MAIL, phone, death, plan, batch_size=50)
    paced = Paced(provider, TokenBucket(1e9, 1e9, time.timer, time.sleep), pause=0)
    settings = Settings(cap_per_day=100, cap_per_week=100, claim_seconds=60)
    world = make_world(tmp_path, [paced], settings=settings, wrap=lambda ledger: MortalLedger(ledger, death))
    chunks = [world.add_chunk(crowd[start : start + chunk_size]) for start in range(0, size, chunk_size)]
    dying = set(chance.sample(range(len(chunks)), kills))
    for number, chunk in enumerate(chunks):
        if number in dying:
            death.at, death.passed = chance.randrange(1, chunk_size), 0
            with pytest.raises(Killed):
                world.send(chunk)
            world.later(seconds=61)
        world.send(chunk)
    outcomes = Counter(world.outcomes().values())
    assert max(phone.received.values()) == 1
    assert outcomes.total() == size
    assert set(outcomes) <= {"accepted", "unknown", "suppressed"}
    assert len(phone.received) <= outcomes["accepted"] + outcomes["unknown"]
    lost = sum(fault in {Fault.LOST_ANSWER, Fault.LOST_REQUEST} for fault in plan.values())
    assert 0 <= outcomes["unknown"] - lost <= kills * 50
    world.close()
