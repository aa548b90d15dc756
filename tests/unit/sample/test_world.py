import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from enishi.errors import SourceFileError
from enishi.sample import generate
from enishi.sample.world import World

DAY = date(2026, 11, 21)
SENT = datetime(2026, 11, 21, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample")
    generate(path, 7, 1500, DAY)
    return path


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return World.open(folder)


def messages(
    world: World, count: int, *, channel: str, scenario: str = "cart_abandonment", status: str = "sent"
) -> pa.Table:
    customers = sorted(world.persons)
    return pa.table(
        {
            "message_id": [f"{channel}{scenario}{number}" for number in range(count)],
            "scenario_id": [scenario] * count,
            "step_id": ["s1"] * count,
            "customer_id": [customers[number % len(customers)] for number in range(count)],
            "channel": [channel] * count,
            "status": [status] * count,
            "sent_at": pa.array([SENT] * count, pa.timestamp("us")),
        }
    )


def receipts(folder: Path) -> int:
    files = [*folder.glob("receipts/*"), *folder.glob("ec_orders/*")]
    numbers = {
        line.split("\t" if path.suffix == ".tsv" else ",")[0]
        for path in files
        for line in path.read_text(encoding="cp932" if path.suffix == ".tsv" else "utf-8").splitlines()[1:]
    }
    return len(numbers)


def test_a_folder_without_a_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="no sample"):
        World.open(tmp_path)


def test_it_knows_the_people_of_the_files(world: World, folder: Path) -> None:
    (truth,) = (folder / "truth").glob("persons*.csv")
    rows = [line.split(",") for line in truth.read_text().splitlines()[1:]]
    assert len(world.persons) == len(rows)
    assert set(world.persons.values()) == {int(person) for _, person in rows}


def test_mail_is_reported_as_ses_does(world: World) -> None:
    lines = world.react(messages(world, 1500, channel="mail"), DAY)
    events = [json.loads(line) for line in lines["ses"]]
    kinds = Counter(event["eventType"] for event in events)
    assert set(lines) == {"ses"}
    assert kinds["Send"] == 1500
    assert kinds["Delivery"] + kinds["Bounce"] == 1500
    assert 0 < kinds["Click"] < kinds["Open"] < kinds["Delivery"]
    for event in events:
        assert event["mail"]["tags"]["send_id"][0].startswith("mail")
        assert event["mail"]["destination"] == []
        assert "2026-11-21T01" <= event[event["eventType"].lower()]["timestamp"] < "2026-11-21T15"
    agents = {event["open"]["userAgent"] for event in events if event["eventType"] == "Open"}
    assert any("iPhone" in agent for agent in agents)
    assert any("ImageProxy" in agent or agent == "Mozilla/5.0" for agent in agents)


def test_every_event_falls_on_exactly_one_day(world: World) -> None:
    sent = messages(world, 400, channel="mail")
    days = [world.react(sent, DAY + timedelta(days=number)).get("ses", []) for number in range(-1, 20)]
    lines = [line for day in days for line in day]
    assert days[0] == []
    assert len(lines) == len(set(lines))
    assert sum('"eventType":"Send"' in line for line in lines) == 400


@pytest.mark.parametrize(
    ("channel", "kinds"), [("line", {"delivered", "open", "click"}), ("push", {"delivered", "open"})]
)
def test_line_and_push_report_small_events(world: World, channel: str, kinds: set[str]) -> None:
    lines = world.react(messages(world, 800, channel=channel), DAY)[channel]
    events = [json.loads(line) for line in lines]
    assert kinds <= {event["event"] for event in events}
    assert {event["provider"] for event in events} == {channel}
    assert len({event["event_id"] for event in events}) == len(events)


@pytest.mark.parametrize("status", ["control", "suppressed", "failed", "unknown"])
def test_what_was_not_sent_is_not_reported(world: World, status: str) -> None:
    assert world.react(messages(world, 50, channel="mail", status=status), DAY) == {}


def test_a_day_can_be_played_again(world: World, folder: Path, tmp_path: Path) -> None:
    sent = messages(world, 300, channel="line")
    first = world.live(DAY, sent, tmp_path / "a")
    again = World.open(folder).live(DAY, sent, tmp_path / "b")
    assert [file.path.read_bytes() for file in first] == [file.path.read_bytes() for file in again]
    assert {file.source for file in first} == {
        "receipts", "ec_orders", "points", "coupon_redemptions", "visits", "web_events", "carts"
    }  # fmt: skip


def test_people_who_got_a_message_buy_more_than_the_control_arm(world: World, tmp_path: Path) -> None:
    sent = messages(world, 1500, channel="line")
    control = messages(world, 1500, channel="line", status="control")
    for number in range(4):
        world.live(DAY + timedelta(days=number), sent, tmp_path / "sent")
        world.live(DAY + timedelta(days=number), control, tmp_path / "control")
    increment = receipts(tmp_path / "sent") - receipts(tmp_path / "control")
    people = len({world.persons[customer] for customer in sent.column("customer_id").to_pylist()})
    assert people * 0.07 < increment < people * 0.15


def test_points_that_are_spent_or_expire_come_from_lots_that_are_there(
    world: World, folder: Path, tmp_path: Path
) -> None:
    sent = messages(world, 1500, channel="mail", scenario="points_expiry")
    for number in range(9):
        world.live(DAY + timedelta(days=number), sent, tmp_path)
    left: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for path in [*sorted(folder.glob("points/*")), *sorted(tmp_path.glob("points/*"))]:
        for line in path.read_text(encoding="cp932").splitlines()[1:]:
            _, _, _, kind, points, lot, *_ = line.split(",")
            left[lot] += int(points)
            kinds[kind if path.is_relative_to(tmp_path) else "before"] += 1
    assert min(left.values()) >= 0
    assert {"10", "20", "30"} <= set(kinds)
