"""Files into a real lake: once, again, after a crash, over merges; the sample retailer and real data as they come."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from enishi.clock import ManualClock
from enishi.errors import LakeError, SourceFileError
from enishi.flow import ingest as flow
from enishi.flow.tasks import perform
from enishi.ids import stable_id
from enishi.ingest.report import Status
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.ports import Channel, Services, Source, Upserted, Warehouse
from enishi.settings import Settings

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
PEOPLE = (
    "会員番号,氏名,フリガナ,性別,生年月日,郵便番号,都道府県コード,住所１,住所２,電話番号,携帯番号,メールアドレス,入会日時,入会店舗コード,"
    "入会担当者,入会媒体コード,会員状態,退会日,会員ランク,お気に入り店舗,従業員区分,緯度,経度,職業,好きなチーム,更新日時\r\n"
    "2900000000123,山田　太郎,ﾔﾏﾀﾞ ﾀﾛｳ,1,19800412,160-0900,13,東京都新宿区西新宿,１－２－３,"
    "03-0000-1234,０９０－００００－１２３４,Taro.Yamada@Example.jp,2021/05/03 14:12:55,0101,S0101-07,M03,"
    "1,,GOLD,0101,0,35.6912,139.6988,会社員,,2026/10/30 02:00:00\r\n"
    "2900000000124,髙橋 花子,ﾀｶﾊｼ ﾊﾅｺ,2,,,,,,,,,2022/05/03 09:00:00,0101,,,9,20260101,,,0,,,,,\r\n"
)
TARO = stable_id("C", "sample", "2900000000123")
HANAKO = stable_id("C", "sample", "2900000000124")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    found = local_services(Settings(home=tmp_path / "home"), ManualClock(NOW))
    yield found
    found.warehouse.close()  # type: ignore[attr-defined]


def rows(services: Services, text: str) -> list[dict[str, Any]]:
    return services.warehouse.query(sql.parse(text, "test")).to_pylist()


def load(services: Services, key: str, data: bytes) -> flow.LoadReport:
    services.raw.put(key, data)
    return flow.ingest(services, flow.catalogue(services).of_key(key), key)


def test_a_member_file_becomes_four_tables(services: Services) -> None:
    report = load(services, "drop/members/KAIIN_MST_1.csv", PEOPLE.encode("cp932"))
    assert (report.status, report.rows_in, report.rows_rejected) == (Status.LOADED, 2, 0)
    assert report.new_columns == ("職業", "好きなチーム")
    found = rows(services, "SELECT customer_id, registered_at, registered_date, status, postal_code FROM customers")
    by_id = {row.pop("customer_id"): row for row in found}
    assert by_id[TARO] == {
        "registered_at": datetime(2021, 5, 3, 5, 12, 55),
        "registered_date": date(2021, 5, 3),
        "status": "active",
        "postal_code": "1600900",
    }
    assert by_id[HANAKO]["status"] == "withdrawn"
    kinds = rows(services, "SELECT id_type, COUNT(*) AS n FROM identities GROUP BY id_type ORDER BY id_type")
    assert [(row["id_type"], row["n"]) for row in kinds] == [("email", 1), ("loyalty_card", 2), ("phone", 2)]
    contacts = rows(services, "SELECT channel, address, display_name FROM pii.customer_contacts ORDER BY channel")
    assert [(row["channel"], row["address"], row["display_name"]) for row in contacts] == [
        ("catalog", "160-0900 東京都新宿区西新宿 1-2-3", "山田 太郎"),
        ("mail", "Taro.Yamada@example.jp", "山田"),
        ("sms", "+819000001234", "山田"),
    ]


def test_the_same_content_again_changes_nothing(services: Services) -> None:
    data = PEOPLE.encode("cp932")
    load(services, "drop/members/KAIIN_MST_1.csv", data)
    before = {name: services.warehouse.snapshot(name) for name in ("customers", "identities", "load_log")}
    again = load(services, "drop/members/KAIIN_MST_2.csv", data)
    assert again.status is Status.ALREADY
    assert again.changed == ()
    assert {name: services.warehouse.snapshot(name) for name in before} == before


def test_a_restated_row_is_updated_and_others_stay(services: Services) -> None:
    load(services, "drop/members/KAIIN_MST_1.csv", PEOPLE.encode("cp932"))
    report = load(services, "drop/members/KAIIN_MST_2.csv", PEOPLE.replace(",GOLD,", ",SILVER,").encode("cp932"))
    assert {done.table: (done.inserted, done.updated) for done in report.tables}["customers"] == (0, 1)
    ranks = rows(services, "SELECT member_rank FROM customers WHERE gender = 'male'")
    assert ranks == [{"member_rank": "SILVER"}]
    assert "customers" in report.changed
    assert "identities" not in report.changed


def test_a_dry_run_touches_nothing(services: Services) -> None:
    services.raw.put("drop/members/KAIIN_MST_1.csv", PEOPLE.encode("cp932"))
    source = flow.catalogue(services)["members"]
    report = flow.ingest(services, source, "drop/members/KAIIN_MST_1.csv", dry_run=True)
    assert report.status is Status.DRY
    assert {done.table: done.rows for done in report.tables}["customers"] == 2
    assert services.warehouse.snapshot("customers") == services.warehouse.snapshot("load_log") == ""


class Breaking:
    """A warehouse whose process dies at the n-th write."""

    def __init__(self, inside: Warehouse, writes: int) -> None:
        self._inside = inside
        self._left = writes

    def upsert(self, table: str, source: Source) -> Upserted:
        if self._left == 0:
            raise LakeError("the machine stopped", where=table)
        self._left -= 1
        return self._inside.upsert(table, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inside, name)


@pytest.mark.parametrize("writes", range(5))
def test_a_crash_between_commits_is_healed_by_the_same_file(writes: int, services: Services, tmp_path: Path) -> None:
    data = PEOPLE.encode("cp932") + b"2900000000125,x,x,7,,,,,,,,,2022/05/03 09:00:00,,,,1,,,,0,,,,,\r\n"
    broken = replace(services, warehouse=Breaking(services.warehouse, writes))  # type: ignore[arg-type]
    with pytest.raises(LakeError, match="stopped"):
        load(broken, "drop/members/KAIIN_MST_1.csv", data)
    assert rows(services, "SELECT COUNT(*) AS n FROM load_log") == [{"n": 0}]
    assert load(services, "drop/members/KAIIN_MST_1.csv", data).status is Status.LOADED
    whole = local_services(Settings(home=tmp_path / "whole"), ManualClock(NOW))
    load(whole, "drop/members/KAIIN_MST_1.csv", data)
    for name in ("customers", "identities", "pii.customer_contacts", "pii.quarantine", "load_log"):
        query = f"SELECT * FROM {name} ORDER BY 1, 2, 3"  # noqa: S608
        assert rows(services, query) == rows(whole, query)
    whole.warehouse.close()  # type: ignore[attr-defined]


def test_a_load_leaves_merged_customers_merged(services: Services) -> None:
    load(services, "drop/members/KAIIN_MST_1.csv", PEOPLE.encode("cp932"))
    merge = f"SELECT '{HANAKO}' AS customer_id, 'merged' AS status, '{TARO}' AS merged_into"
    services.warehouse.upsert("customers", sql.parse(merge, "merge"))
    load(services, "drop/members/KAIIN_MST_2.csv", PEOPLE.replace("20260101", "20260202").encode("cp932"))
    found = rows(services, f"SELECT status, merged_into, withdrawn_date FROM customers WHERE customer_id = '{HANAKO}'")  # noqa: S608
    assert found == [{"status": "merged", "merged_into": TARO, "withdrawn_date": date(2026, 2, 2)}]


HEAD = "顧客番号,チャネル,状態,変更日時,取得元,理由,証跡\n"


def test_consents_reach_the_moment_of_sending(services: Services) -> None:
    text = HEAD + "2900000000123,mail,1,2026/01/01 00:00:00,01,,F\n2900000000123,mail,0,2026/02/01 00:00:00,03,,\n"
    text += "2900000000124,mail,0,2026/01/01 00:00:00,03,,\n2900000000124,line,8,2026/01/01 00:00:00,03,,\n"
    load(services, "drop/consents/KYODAKU_1.csv", text.encode())
    both = [TARO, HANAKO]
    assert set(services.permissions.refusals(both, Channel.MAIL)) == {TARO, HANAKO}
    assert services.permissions.refusals(both, Channel.LINE) == {HANAKO: "blocked"}
    load(services, "drop/consents/KYODAKU_2.csv", (HEAD + "2900000000123,mail,1,2026/03/01 00:00:00,03,,F\n").encode())
    assert set(services.permissions.refusals(both, Channel.MAIL)) == {HANAKO}
    load(services, "drop/consents/KYODAKU_3.csv", (HEAD + "2900000000124,mail,1,2025/03/01 00:00:00,01,,F\n").encode())
    assert set(services.permissions.refusals(both, Channel.MAIL)) == {HANAKO}


def test_an_opt_out_of_an_absorbed_id_speaks_for_the_person(services: Services) -> None:
    load(services, "drop/members/KAIIN_MST_1.csv", PEOPLE.encode("cp932"))
    merge = f"SELECT '{HANAKO}' AS customer_id, 'merged' AS status, '{TARO}' AS merged_into"
    services.warehouse.upsert("customers", sql.parse(merge, "merge"))
    load(services, "drop/consents/KYODAKU_1.csv", (HEAD + "2900000000124,mail,0,2026/01/01 00:00:00,03,,\n").encode())
    assert services.permissions.refusals([TARO], Channel.MAIL) == {TARO: "opt_out"}


def test_the_task_finds_source_and_answers_json(services: Services) -> None:
    key = "drop/members/KAIIN_MST_1.csv"
    services.raw.put(key, PEOPLE.encode("cp932"))
    answer = perform(services, "ingest", {"key": key})
    assert json.loads(json.dumps(answer))["status"] == "loaded"


def test_a_retailers_own_mapping_is_in_force_with_the_next_file(services: Services) -> None:
    mapping = "id: stores\nfiles: 'shop*.csv'\ntables:\n  - table: stores\n    columns: {store_id: code, name: name}\n"
    services.raw.put("sources/stores.yaml", mapping.encode())
    assert load(services, "drop/stores/shops.csv", b"code,name\n01,A\n").changed == ("stores",)
    assert rows(services, "SELECT store_id, name FROM stores") == [{"store_id": "01", "name": "A"}]


def test_a_truncated_gzip_loads_nothing_although_its_start_is_good(services: Services) -> None:
    line = '{"eid":"w%d","ts":"2026-11-20T12:34:56Z","vid":"v","ev":"page_view","bot":false}\n'
    packed = gzip.compress("".join(line % number for number in range(200_000)).encode(), mtime=0)
    with pytest.raises(SourceFileError, match="ends too early"):
        load(services, "drop/web_events/web_1.jsonl.gz", packed[: len(packed) // 2])
    assert services.warehouse.snapshot("web_events") == ""
    assert rows(services, "SELECT COUNT(*) AS n FROM load_log") == [{"n": 0}]


def test_the_newest_event_is_the_watermark(services: Services) -> None:
    load(services, "drop/members/KAIIN_MST_1.csv", PEOPLE.encode("cp932"))
    found = rows(services, "SELECT watermark, file FROM load_log WHERE table_name = 'customers'")
    assert found == [{"watermark": datetime(2022, 5, 3, 0, 0), "file": "drop/members/KAIIN_MST_1.csv"}]
