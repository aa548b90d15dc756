"""Saved segments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pytest

from enishi.clock import ManualClock
from enishi.errors import SegmentError
from enishi.ports import Services
from enishi.segment.model import load
from enishi.segment.moment import Moment
from enishi.segment.store import load_library, save, saved_definition
from enishi.settings import Settings
from tests.unit.segment.small_lake import TOKYO, Lake

TODAY = Moment.end_of(date(2026, 11, 21), TOKYO)
WOMEN = load({"id": "women", "title": "女性", "attribute": {"gender": "female"}})


@pytest.fixture
def services(lake: Lake, tmp_path: Path) -> Services:
    lake.fill({"customers": [{"customer_id": "A", "gender": "female"}, {"customer_id": "B", "gender": "male"}]})
    nothing = cast(object, None)
    clock = ManualClock(datetime(2026, 11, 21, 3, tzinfo=UTC))
    unused = dict.fromkeys(("raw", "work", "ledger", "permissions", "notices"), nothing)
    return Services(settings=Settings(home=tmp_path), clock=clock, warehouse=lake.warehouse, channels={}, **unused)  # type: ignore[arg-type]


def test_a_static_set_keeps_its_members(services: Services, lake: Lake) -> None:
    assert save(services, WOMEN, TODAY).members == 1
    lake.fill({"customers": [{"customer_id": "C", "gender": "female"}]})
    asked = replace(lake, library=load_library(services))
    assert asked.who({"segment": "women"}, TODAY) == ["A"]
    assert asked.who({"attribute": {"gender": "female"}}, TODAY) == ["A", "C"]


def test_the_same_day_again_replaces_it(services: Services, lake: Lake) -> None:
    save(services, WOMEN, TODAY)
    lake.fill({"customers": [{"customer_id": "C", "gender": "female"}]})
    assert save(services, WOMEN, TODAY).members == 2
    assert replace(lake, library=load_library(services)).who({"segment": "women"}, TODAY) == ["A", "C"]


def test_as_of_an_earlier_day_the_set_did_not_exist(services: Services, lake: Lake) -> None:
    save(services, WOMEN, TODAY)
    asked = replace(lake, library=load_library(services))
    assert asked.who({"segment": "women"}, Moment.end_of(date(2026, 11, 20), TOKYO)) == []


def test_a_dynamic_segment_is_asked_anew(services: Services, lake: Lake) -> None:
    save(services, WOMEN, TODAY, refresh="dynamic")
    lake.fill({"customers": [{"customer_id": "C", "gender": "female"}]})
    assert replace(lake, library=load_library(services)).who({"segment": "women"}, TODAY) == ["A", "C"]


def test_a_saved_definition_comes_back(services: Services) -> None:
    save(services, WOMEN, TODAY)
    found = saved_definition(services, "women")
    assert found is not None
    assert (found.id, found.title, found.definition) == (WOMEN.id, WOMEN.title, WOMEN.definition)
    assert saved_definition(services, "men") is None


def test_a_dynamic_segment_may_not_lead_to_itself(services: Services) -> None:
    with pytest.raises(SegmentError, match="circle"):
        save(services, load({"id": "me", "any": [{"segment": "me"}]}), TODAY, refresh="dynamic")


def test_segments_of_the_product_are_not_overwritten(services: Services) -> None:
    with pytest.raises(SegmentError, match="segment of the product"):
        save(services, load({"id": "dormant", "everyone": True}), TODAY)


def test_people_who_have_left_are_not_saved(services: Services, lake: Lake) -> None:
    gone = {"customer_id": "D", "gender": "female", "status": "withdrawn", "withdrawn_date": date(2026, 12, 1)}
    lake.fill({"customers": [gone]})
    assert lake.who(WOMEN, TODAY) == ["A", "D"]
    assert save(services, WOMEN, TODAY).members == 1
