"""Scored matching on records whose answers are worked out by hand; all cases in one lake, one pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from enishi.errors import DefinitionError
from enishi.identity.model import default
from enishi.identity.model import parse as parse_model
from enishi.identity.reviews import open_reviews
from enishi.identity.scoring import scored_pairs
from enishi.identity.unify import unify
from enishi.lake.sql import lint, parse, to_athena
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings
from tests.unit.identity.conftest import Records

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
HOME = {"postal": "1600023", "street": "東京都新宿区西新宿1-2-3"}
YUKO = {"name": "山崎優子", "kana": "ヤマザキユーコ", "birth": "19790220", **HOME}
KAYLA = {
    "given": "kayla",
    "family": "harrington",
    "birth": "19150612",
    "street": "maltbycircuit",
    "town": "coolaroo",
    "postal": "3465",
    "id_number": "9004242",
}
MERGED, ASKED, APART = "merged", "asked", "apart"

CASES: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "the same in all": (YUKO, YUKO, MERGED),
    "a slip in the reading": (YUKO, {**YUKO, "kana": "ヤマザキユミコ"}, MERGED),
    "old characters that no table knows": (YUKO, {**YUKO, "name": "山﨑優子"}, MERGED),
    "one digit of the birth date": (YUKO, {**YUKO, "birth": "19790228"}, MERGED),
    "two digits of the birth date exchanged": (YUKO, {**YUKO, "birth": "19970220"}, MERGED),
    "moved to another town": (YUKO, {**YUKO, "postal": "2200011", "street": "横浜市西区高島9-9-9"}, ASKED),
    "birth date unknown, nothing else in common than the address": (YUKO, {**YUKO, "birth": ""}, ASKED),
    "husband and wife": (YUKO, {**YUKO, "name": "山崎大輔", "kana": "ヤマザキダイスケ", "birth": "19770811"}, APART),
    "twins": (YUKO, {**YUKO, "name": "山崎花子", "kana": "ヤマザキハナコ"}, APART),
    "twins with names one letter apart": (YUKO, {**YUKO, "name": "山崎裕子", "kana": "ヤマザキユーカ"}, ASKED),
    "mother and daughter of one reading": (YUKO, {**YUKO, "name": "山崎裕子", "birth": "20040811"}, APART),
    "another country: one letter, one digit": (KAYLA, {**KAYLA, "given": "kaila", "id_number": "9004243"}, MERGED),
    "given and family name exchanged": (KAYLA, {**KAYLA, "given": "harrington", "family": "kayla"}, MERGED),
    "the number alone": (KAYLA, {"id_number": "9004242", "given": "rosa", "family": "bruhn"}, APART),
    "filler birth date": ({"name": "林一", "birth": "19000101"}, {"name": "林一", "birth": "19000101"}, APART),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> LocalWarehouse:
    """Each case in a part of the country of its own: its values carry the case's number."""
    home = tmp_path_factory.mktemp("cases")
    records = Records(LocalWarehouse(home, Settings(home=home)))
    for number, (low, high, _) in enumerate(CASES.values()):
        records.add(f"{number:02d}a", keys=of_case(number, low))
        records.add(f"{number:02d}b", joined=2022, keys=of_case(number, high))
    written = records.write()
    unify(written, NOW)
    return written


def of_case(number: int, values: dict[str, str]) -> dict[str, str]:
    """Digits keep their kind (a case's birth dates share a year of their own), texts get a sign of the case."""
    sign = chr(ord("ぁ") + number)
    return {
        name: value if value == "19000101" else f"{number:02d}{value}" if value.isdigit() else f"{sign}{value}"
        for name, value in values.items()
        if value
    }


@pytest.fixture(scope="module")
def outcomes(warehouse: LocalWarehouse) -> dict[str, str]:
    merged = warehouse.query(parse("SELECT customer_id FROM customers WHERE status = 'merged'", "test"))
    asked = {row["high_id"]: ASKED for row in open_reviews(warehouse)}
    return asked | dict.fromkeys(merged.column("customer_id").to_pylist(), MERGED)


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=str)
def test_what_the_sum_of_evidence_says(outcomes: dict[str, str], number: int, case: str) -> None:
    assert outcomes.get(f"{number:02d}b", APART) == CASES[case][2]


def test_evidence_names_fields_and_levels_and_no_values(warehouse: LocalWarehouse) -> None:
    asked = parse("SELECT evidence FROM identity_links WHERE low_id = '01a' AND rule = 'scored'", "test")
    (row,) = warehouse.query(asked).to_pylist()
    evidence = json.loads(row["evidence"])
    assert evidence.pop("bits") > 25
    assert evidence == {"name": 2, "kana": 1, "birth": 2, "postal": 2, "street": 2}


def test_sharing_a_rare_value_is_worth_more_than_sharing_a_common_one(records: Any) -> None:
    """Fifty Satos at fifty addresses, two of them perhaps one; two of a name that nobody else has."""
    for number in range(50):
        records.add(f"s{number:02d}", keys={"name": "佐藤蓮", "street": f"旭町{number // 2}-1-1"})
    records.add("r1", keys={"name": "勅使河原蘭", "street": "海町1-1-1"})
    records.add("r2", keys={"name": "勅使河原蘭", "street": "海町1-1-1"})
    warehouse = records.write()
    unify(warehouse, NOW, parse_model({"pseudo": 10}, "test"))
    asked = "SELECT low_id, CAST(JSON_EXTRACT_SCALAR(evidence, '$.bits') AS INTEGER) AS bits FROM identity_links"
    bits = {row["low_id"]: row["bits"] for row in warehouse.query(parse(asked, "test")).to_pylist()}
    # log2(62 / (50 - 1)) = 0.3 bits for the common name, log2(62 / 1) = 6 for the rare one; 6 for any address of two.
    assert bits.get("s00", 0) < bits.get("r1", 99)


def test_the_query_is_proven_on_both_engines() -> None:
    query = scored_pairs(default())
    assert lint(query) == []
    assert "LEVENSHTEIN_DISTANCE" in to_athena(query)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": {"shoe_size": {"ja": "靴", "compare": "exact", "same": 1, "near": 0, "differ": 0}}},
        {"thresholds": {"merge": "high", "review": 1}},
        {"merge_needs": [{"shoe_size": 2}]},
        {"blocks": [{"of": [], "most": 3}]},
        {"unknown_key": 1},
    ],
)
def test_a_model_that_does_not_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match="rules of identity do not hold"):
        parse_model(wrong, "identity/model.yaml")
