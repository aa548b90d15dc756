"""Files for the core system: who, what, in which bytes, once, and the same again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from enishi.clock import ManualClock, from_text
from enishi.errors import LakeError, MappingError, RunError
from enishi.flow import write_back as flow
from enishi.flow.ingest import catalogue as sources
from enishi.flow.ingest import ingest
from enishi.flow.tasks import perform
from enishi.flow.write_back_log import Log
from enishi.lake import schema, sql
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.results.writeback.declaration import WriteBack, parse
from enishi.settings import Settings

NOW = from_text("2026-11-21T00:00:00Z")
BASE = """
id: history
rows: contacts
members: core
key: [message_id]
order: [message_id]
format: {kind: csv, encoding: cp932, quote: needed}
file: "H_{day:%Y%m%d}_{sequence:02}.csv"
columns:
  会員番号: member_number
  日時: {from: happened_at, format: "%Y%m%d%H%M%S"}
  結果: {from: status, map: {sent: 1, "*": 9}}
  文: variant
"""


@pytest.fixture
def services(tmp_path: Path) -> Services:
    made = local_services(Settings(home=tmp_path), ManualClock(NOW))
    people = [("C1", "active", None), ("C2", "merged", "C1"), ("C3", "active", None), ("C4", "active", None)]
    put(made, "customers", [{"customer_id": who, "status": how, "merged_into": into} for who, how, into in people])
    numbers = [("C1", "core", "0001"), ("C2", "core", "0002"), ("C3", "core", "0003"), ("C3", "ec", "e-3")]
    rows = [{"customer_id": who, "system": system, "number": number} for who, system, number in numbers]
    put(made, "pii.customer_numbers", rows)
    return made


def put(services: Services, table: str, rows: list[dict[str, Any]]) -> None:
    declared = schema.table(table.rpartition(".")[2])
    services.warehouse.upsert(table, pa.Table.from_pylist(rows, schema=declared.arrow))


def message(services: Services, number: int, who: str, at: str = "2026-11-20T01:00:00Z", **more: Any) -> None:
    sent = from_text(at).replace(tzinfo=None)
    row = {"message_id": f"M{number}", "customer_id": who, "sent_at": sent, "sent_date": sent.date(), "status": "sent"}
    put(services, "messages", [{**row, **more}])


def declared(text: str = BASE, **changed: str) -> WriteBack:
    for name, value in changed.items():
        text = "\n".join(f"{name}: {value}" if line.startswith(f"{name}:") else line for line in text.splitlines())
    return parse(text, "history.yaml")


def content(services: Services, report: flow.WriteBackReport) -> bytes:
    assert services.exports is not None
    return services.exports.get(report.file)


def test_rows_carry_the_persons_number_and_local_time(services: Services) -> None:
    message(services, 1, "C1", variant="A,B")
    message(services, 2, "C2", status="suppressed")
    message(services, 3, "C4")
    report = flow.write_back(services, declared())
    assert content(services, report).decode("cp932") == (
        '会員番号,日時,結果,文\r\n0001,20261120100000,1,"A,B"\r\n0001,20261120100000,9,\r\n'
    )
    assert (report.file, report.rows, report.without_number) == ("history/H_20261121_01.csv", 2, 1)
    assert report.sha256 == hashlib.sha256(content(services, report)).hexdigest()


def test_all_numbers_of_a_person(services: Services) -> None:
    message(services, 1, "C1")
    report = flow.write_back(services, declared(members="{system: core, which: all}"))
    assert [line[:4] for line in content(services, report).splitlines()[1:]] == [b"0001", b"0002"]


def test_a_row_goes_out_once_and_late_ones_follow(services: Services) -> None:
    message(services, 1, "C1")
    assert flow.write_back(services, declared()).rows == 1
    message(services, 2, "C3", at="2026-11-19T01:00:00Z")
    later = at(services, NOW + timedelta(days=1))
    report = flow.write_back(later, declared())
    assert content(services, report).splitlines()[1][:4] == b"0003"
    assert report.rows == 1
    assert flow.write_back(at(services, NOW + timedelta(days=2)), declared()).rows == 0


def at(services: Services, instant: datetime) -> Services:
    return replace(services, clock=ManualClock(instant))


def test_what_was_not_acknowledged_goes_out_again(services: Services) -> None:
    receipt = declared(BASE + "acknowledge: receipt\n")
    message(services, 1, "C1")
    first = flow.write_back(services, receipt)
    assert flow.write_back(at(services, NOW + timedelta(days=1)), receipt).rows == 1
    assert services.exports is not None
    services.exports.put(f"{first.file}.ok", b"")
    second = Log(services, receipt).runs()[1]
    assert flow.acknowledge(services, receipt, second.run_id) == [second.run_id]
    third = flow.write_back(at(services, NOW + timedelta(days=2)), receipt)
    assert third.rows == 0
    assert [run.state for run in Log(services, receipt).runs()] == ["acknowledged", "acknowledged", "written"]


def test_since_brings_everything_after_it_again(services: Services) -> None:
    message(services, 1, "C1")
    message(services, 2, "C3", at="2026-10-01T00:00:00Z")
    flow.write_back(services, declared())
    report = flow.write_back(services, declared(), since=datetime(2026, 11, 1, tzinfo=UTC))
    assert report.rows == 1


def test_the_same_run_has_the_same_bytes_whatever_came_since(services: Services) -> None:
    for number in range(1, 60):
        message(services, number, "C1" if number % 2 else "C3")
    first = flow.write_back(services, declared())
    before = content(services, first)
    message(services, 99, "C1", at="2026-11-20T02:00:00Z")
    again = flow.write_again(services, declared(), first.run)
    assert again.same is True
    assert content(services, again) == before


def test_a_run_that_broke_is_finished_with_its_rows(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    message(services, 1, "C1")
    with monkeypatch.context() as patch:
        patch.setattr("enishi.flow.write_back._note", _killed)
        with pytest.raises(LakeError, match="killed"):
            flow.write_back(services, declared())
    message(services, 2, "C3")
    later = at(services, NOW + timedelta(days=1))
    report = flow.write_back(later, declared())
    assert (report.file, report.rows) == ("history/H_20261121_01.csv", 1)
    assert flow.write_back(later, declared()).rows == 1


def _killed(*_: Any) -> None:
    raise LakeError("killed")


FIXED = """
id: fixed
rows: contacts
members: core
key: [message_id]
order: [message_id]
format: {kind: fixed, encoding: cp932, unmappable: replace}
file: "F_{day:%Y%m%d}.DAT"
head: "H{day:%Y%m%d}"
columns:
  会員番号: {from: member_number, width: 6, align: right, pad: "0"}
  文: {from: variant, width: 6, overflow: cut}
  区分: {const: Z, width: 2}
trailer: "T{rows:05}"
control: {file: "F_{day:%Y%m%d}.END", lines: ["{file} {rows} {bytes} {md5}"]}
"""


def test_fixed_widths_count_bytes_and_never_split_a_character(services: Services) -> None:
    message(services, 1, "C1", variant="日本A語")
    message(services, 2, "C3", variant="あ")
    report = flow.write_back(services, parse(FIXED, "f"))
    found = content(services, report)
    assert found.decode("cp932") == "H20261121\r\n000001日本A Z \r\n000003あ    Z \r\nT00002\r\n"
    assert {len(line) for line in found.split(b"\r\n")[1:3]} == {14}
    assert services.exports is not None
    sign = services.exports.get("fixed/F_20261121.END").decode()
    assert sign == f"F_20261121.DAT 2 {len(found)} {hashlib.md5(found, usedforsecurity=False).hexdigest()}\r\n"


def test_a_character_without_a_place_is_replaced_and_counted(services: Services) -> None:
    message(services, 1, "C1", variant="😀〜\n")
    report = flow.write_back(services, parse(FIXED, "f"))
    assert content(services, report).decode("cp932").splitlines()[1] == "000001〓～  Z "
    assert report.replaced == 2


def test_or_refused_and_nothing_stands_there(services: Services) -> None:
    message(services, 1, "C1", variant="秘密😀")
    with pytest.raises(LakeError, match=r"U\+1F600") as raised:
        flow.write_back(services, declared())
    assert "秘密" not in str(raised.value)
    assert services.exports is not None
    assert services.exports.list("") == []


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("会員番号: {from: member_number, width: 3}", "longer than 3 bytes"),
        ("結果: {from: status, map: {failed: 1}}", "no code for 'sent'"),
    ],
)
def test_what_does_not_fit_is_an_error(services: Services, column: str, says: str) -> None:
    message(services, 1, "C1")
    head = BASE.partition("columns:")[0]
    with pytest.raises(LakeError, match=says):
        flow.write_back(services, parse(f"{head}columns:\n  {column}\n", "f"))


def test_totals_and_decimals(services: Services) -> None:
    message(services, 1, "C1", unit_cost=Decimal("1.2500"))
    message(services, 2, "C3", unit_cost=Decimal("0.1250"))
    text = (
        BASE.partition("columns:")[0].replace("rows: contacts", "rows: {query: '" + COSTS + "'}")
        + "columns:\n  番号: member_number\n  金額: {from: cost, decimals: 2}\ntrailer: 'T,{rows},{total.金額}'\n"
    )
    report = flow.write_back(services, parse(text, "f"))
    assert content(services, report).decode("cp932").splitlines()[1:] == ["0001,1.25", "0003,0.13", "T,2,1.38"]


COSTS = "SELECT customer_id, sent_at AS happened_at, message_id, unit_cost AS cost FROM messages WHERE sent_at > :since"


def test_a_list_is_whole_each_time(services: Services) -> None:
    text = """
id: everybody
rows: {query: "SELECT customer_id, CAST(NULL AS TIMESTAMP) AS happened_at FROM customers"}
members: core
format: {header: false, line_end: lf}
file: "ALL.csv"
columns: {番号: member_number}
"""
    assert flow.write_back(services, parse(text, "f")).rows == 3
    assert content(services, flow.write_back(services, parse(text, "f"))) == b"0001\n0001\n0003\n"


def test_nothing_to_write_may_be_no_file(services: Services) -> None:
    report = flow.write_back(services, declared(BASE + "empty: skip\n"))
    assert (report.file, report.rows) == ("", 0)


def test_an_unknown_run_is_refused(services: Services) -> None:
    with pytest.raises(RunError, match="no finished run"):
        flow.write_again(services, declared(), "W0")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("file: 'X_{nothing}.csv'", "names {nothing}"),
        ("rows: {set: contacts, segment: x}", "exactly one of"),
        ("format: {kind: fixed}", "needs the width of"),
        ("members: core\nspeed: 3", "Extra inputs"),
    ],
)
def test_a_wrong_declaration_names_its_key(change: str, says: str) -> None:
    key = change.partition(":")[0]
    text = "\n".join(change if line.startswith(f"{key}:") else line for line in BASE.splitlines())
    with pytest.raises(MappingError, match=says):
        parse(text, "history.yaml")


INVERSE = """
id: history_back
files: "*.csv"
system: core
zone: Asia/Tokyo
format: {kind: csv, encoding: cp932}
tables:
  - table: identities
    columns:
      customer_id: {from: 会員番号, id: C}
      id_type: {const: external}
      id_value_hash: {from: 会員番号, hash: true}
      valid_from: {from: 日時, format: "%Y%m%d%H%M%S"}
      match_rule: 文
"""


def test_what_was_written_reads_back_equal(services: Services) -> None:
    """The inverse mapping brings the same rows: quotes, delimiters, blanks and Japanese inside."""
    words = ['say "はい"', "一,二", "髙﨑①", "ｱｲｳ", "a b"]
    for number, word in enumerate(words):
        message(services, number, "C1", at=f"2026-11-20T0{number}:00:00Z", variant=word)
    report = flow.write_back(services, declared())
    services.raw.put("sources/history_back.yaml", INVERSE.encode())
    services.raw.put("drop/history_back/h.csv", content(services, report))
    assert ingest(services, sources(services)["history_back"], "drop/history_back/h.csv").rows_rejected == 0
    asked = sql.parse("SELECT valid_from, match_rule FROM identities ORDER BY valid_from", "test")
    found = [(row["valid_from"], row["match_rule"]) for row in services.warehouse.query(asked).to_pylist()]
    assert found == [(datetime(2026, 11, 20, number), word) for number, word in enumerate(words)]


def test_the_task_writes_a_packaged_file(services: Services) -> None:
    message(services, 1, "C1", channel="mail")
    put(services, "pii.customer_numbers", [{"customer_id": "C1", "system": "store", "number": "9001"}])
    answer = perform(services, "write_back", {"writeback": "contact_history"})
    assert (answer["rows"], answer["file"]) == (1, "contact_history/SESSYOKU_20261121_001.DAT")
    assert services.exports is not None
    lines = services.exports.get(answer["file"]).split(b"\r\n")
    assert len(lines[1]) == 100
    assert lines[1].startswith(b"D9001            2026112010000011")
    assert date(2026, 11, 21).strftime("%Y%m%d").encode() in lines[0]
