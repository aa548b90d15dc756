import csv
import gzip
import hashlib
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from enishi.errors import SettingsError
from enishi.sample import Manifest, generate

DAY = date(2026, 11, 21)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(manifest: Manifest, source: str, *, encoding: str = "utf-8", delimiter: str = ",") -> list[dict[str, str]]:
    (file,) = manifest.of(source)
    with file.path.open(encoding=encoding, newline="") as text:
        return list(csv.DictReader(text, delimiter=delimiter))


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return generate(tmp_path_factory.mktemp("drop"), 7, 1500, DAY)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "a", 7, 200, DAY)
    generate(tmp_path / "b", 7, 200, DAY)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    generate(tmp_path / "a", 7, 200, DAY)
    generate(tmp_path / "b", 8, 200, DAY)
    same = digests(tmp_path / "a").items() & digests(tmp_path / "b").items()
    assert not {name for name, _ in same if name.startswith(("members", "receipts", "web_events"))}


def test_a_sample_without_members_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs members"):
        generate(tmp_path, 7, 0, DAY)


def test_every_source_of_the_layout_is_written(drop: Manifest) -> None:
    layout = Path(__file__).parents[3] / "layers/core/python/enishi/sample/layout.md"
    named = {
        line.split("—")[0].removeprefix("## ").strip()
        for line in layout.read_text(encoding="utf-8").splitlines()
        if line.startswith("## ") and "—" in line
    }
    assert named == {file.source for file in drop.files}


def test_receipts_add_up_and_name_known_products(drop: Manifest) -> None:
    products = {row["商品コード"] for row in rows(drop, "products", encoding="cp932")}
    lines = rows(drop, "receipts", encoding="cp932", delimiter="\t")
    assert all(row["商品コード"] in products for row in lines)
    for row in lines:
        gross = int(row["定価"]) * int(row["数量"])
        assert int(row["金額"]) == gross - int(row["値引額"]), row["レシート番号"]
    assert {row["取引区分"] for row in lines} == {"1", "2"}
    assert all(int(row["数量"]) < 0 and row["元レシート番号"] for row in lines if row["取引区分"] == "2")


def test_history_ends_the_day_before_the_business_date(drop: Manifest) -> None:
    days = {row["取引日時"][:8] for row in rows(drop, "receipts", encoding="cp932", delimiter="\t")}
    assert min(days) >= "20241121"
    assert max(days) == "20261120"


def test_no_point_lot_is_overdrawn_and_none_outlives_its_day(drop: Manifest) -> None:
    left: dict[str, int] = {}
    for row in rows(drop, "points", encoding="cp932"):
        left[row["ロット番号"]] = left.get(row["ロット番号"], 0) + int(row["ポイント"])
        if row["区分"] == "20":
            assert row["計上日時"][:10].replace("/", "") <= row["有効期限"]
    assert min(left.values()) >= 0
    ends = {row["ロット番号"]: row["有効期限"] for row in rows(drop, "points", encoding="cp932")}
    alive = {ends[lot] for lot, points in left.items() if points}
    assert {"20261122", "20261128", "20261221"} <= alive
    assert min(alive) >= "20261121"


def test_points_used_at_the_till_are_points_taken_from_lots(drop: Manifest) -> None:
    used = {
        row["レシート番号"]: int(row["利用ポイント"])
        for row in rows(drop, "receipts", encoding="cp932", delimiter="\t")
    }
    taken: dict[str, int] = {}
    for row in rows(drop, "points", encoding="cp932"):
        if row["区分"] == "20":
            taken[row["関連取引番号"]] = taken.get(row["関連取引番号"], 0) - int(row["ポイント"])
    store = {number: points for number, points in taken.items() if number.startswith("R")}
    assert store
    assert {number: points for number, points in used.items() if points} == store


def test_some_prices_of_favourites_fall_on_the_business_date(drop: Manifest) -> None:
    fallen = {
        row["商品コード"]
        for row in rows(drop, "prices", encoding="cp932")
        if row["適用開始日時"] == "2026/11/21 10:00:00"
    }
    kept = [row for row in rows(drop, "favourites") if row["target_type"] == "item" and not row["removed_at"]]
    assert len([row for row in kept if row["target_code"] in fallen]) >= len(kept) * 0.05


def test_carts_are_left_before_and_during_the_business_date(drop: Manifest) -> None:
    (file,) = drop.of("carts")
    carts = [json.loads(line) for line in file.path.read_text(encoding="utf-8").splitlines()]
    today = [cart for cart in carts if "2026-11-20T15" <= cart["created"] < "2026-11-21T15"]
    assert today
    assert all(cart["status"] == "open" and cart["uid"].startswith("EC") for cart in today)
    assert {cart["status"] for cart in carts} == {"open", "abandoned", "ordered"}
    assert all(cart["lines"] for cart in carts)


def test_web_events_are_whole_sessions(drop: Manifest) -> None:
    (file,) = drop.of("web_events")
    events = [json.loads(line) for line in gzip.decompress(file.path.read_bytes()).decode().splitlines()]
    assert len({event["eid"] for event in events}) == len(events)
    steps: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if "n" in event:
            steps.setdefault(event["sid"], []).append(event)
    assert all([event["n"] for event in one] == list(range(1, len(one) + 1)) for one in steps.values())
    assert all("oid" in event for event in events if event["ev"] == "purchase")
    slots = [event for event in events if "slot" in event]
    assert {event["ev"] for event in slots} == {"impression", "click", "dismiss"}
    assert all(steps[event["sid"]][0]["ts"] < event["ts"] < steps[event["sid"]][1]["ts"] for event in slots)


def test_people_come_near_stores_and_shop_there(drop: Manifest) -> None:
    (file,) = drop.of("web_events")
    events = [json.loads(line) for line in gzip.decompress(file.path.read_bytes()).decode().splitlines()]
    entries = [event for event in events if event["ev"] == "geofence_enter"]
    stores = {row["店舗コード"] for row in rows(drop, "stores", encoding="cp932") if not row["閉店日"]}
    assert {event["shop"] for event in entries} <= stores
    assert all(event["uid"] and "vid" not in event for event in entries)


def test_stores_sell_while_they_are_open(drop: Manifest) -> None:
    masters = {row["店舗コード"]: row for row in rows(drop, "stores", encoding="cp932")}
    changed = [row for row in masters.values() if row["開店日"] > "20250101" or row["閉店日"]]
    assert sorted(row["店舗コード"] for row in changed) == ["0604", "0905"]
    for shop in changed:
        lines = rows(drop, "receipts", encoding="cp932", delimiter="\t")
        days = [row["取引日時"][:8] for row in lines if row["店舗コード"] == shop["店舗コード"]]
        assert shop["開店日"] <= min(days)
        assert max(days) < (shop["閉店日"] or "20261121")


def test_contracts_tell_what_became_of_them(drop: Manifest) -> None:
    contracts = {row["定期番号"]: row for row in rows(drop, "subscriptions")}
    events = rows(drop, "subscription_events")
    kinds = {event["区分"] for event in events}
    assert {"start", "deliver", "skip", "pause", "cancel"} <= kinds
    delivered = Counter(event["定期番号"] for event in events if event["区分"] == "deliver")
    assert {number: int(row["配送回数"]) for number, row in contracts.items()} == {
        number: delivered[number] for number in contracts
    }
    for event in events:
        contract = contracts[event["定期番号"]]
        assert contract["開始日"] <= event["発生日"] <= (contract["解約日"] or "20261120")
    resting = {event["定期番号"] for event in events if event["区分"] == "pause"}
    assert {number for number, row in contracts.items() if row["状態"] == "2"} <= resting


def test_a_few_rows_are_broken_on_purpose(drop: Manifest) -> None:
    visits = rows(drop, "visits", encoding="cp932")
    broken = [row for row in visits if row["区分"] == "X" or "02/30" in row["接客日時"]]
    assert 0 < len(broken) < len(visits) * 0.06


def test_first_buyers_of_the_day_before_bought_a_consumable(drop: Manifest) -> None:
    first: dict[str, tuple[str, str]] = {}
    for row in sorted(rows(drop, "receipts", encoding="cp932", delimiter="\t"), key=lambda row: row["取引日時"]):
        if row["会員番号"]:
            first.setdefault(row["会員番号"], (row["取引日時"][:8], row["商品コード"]))
    kinds = {row["商品コード"]: row["商品区分"] for row in rows(drop, "products", encoding="cp932")}
    assert any(day == "20261120" and kinds[product] == "3" for day, product in first.values())


def test_addresses_are_nobodys(drop: Manifest) -> None:
    mails = [row["email"] for row in rows(drop, "ec_accounts")]
    assert all(mail.lower().endswith(("example.jp", "example.com", "example.net", "example.org")) for mail in mails)
