"""The mapping language: what it takes, and how it says that something is wrong."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from enishi.errors import MappingError
from enishi.ingest.mapping import parse
from enishi.ingest.sources import Sources, from_folder
from enishi.lake import schema
from enishi.local import completejourney
from tests.unit.ingest.reading import source

GOOD = """
id: shops
files: "SHOP_*.csv"
tables:
  - table: stores
    columns:
      store_id: code
      name: {from: name, normalise: text}
"""

WRONG = [
    ("unknown key", GOOD.replace("normalise", "normalize"), "columns.name.normalize", "docs/sources.md"),
    ("unknown table", GOOD.replace("table: stores", "table: shops"), "tables.0", "Correct"),
    ("unknown column", GOOD.replace("      name:", "      nmae:"), "tables.0", "Correct"),
    ("key not mapped", GOOD.replace("store_id: code", "prefecture: code"), "tables.0", "Correct"),
    ("bad id", GOOD.replace("id: shops", "id: 店舗"), "id", "Correct"),
    ("bad zone", GOOD + "zone: Japan/Tokyo\n", "zone", "Correct"),
    ("bad encoding", GOOD + "format: {encoding: sjis-mac}\n", "format.encoding", "Correct"),
    ("bad kind", GOOD + "format: {kind: excel}\n", "format.kind", "Correct"),
    ("two origins", GOOD.replace("{from: name,", "{from: name, const: x,"), "columns.name", "Correct"),
    ("no origin", GOOD.replace("{from: name, normalise: text}", "{normalise: text}"), "columns.name", "Correct"),
    ("header off, no names", GOOD + "format: {header: false}\n", "format", "Correct"),
]


@pytest.mark.parametrize(("text", "where", "remedy"), [pytest.param(*case[1:], id=case[0]) for case in WRONG])
def test_a_wrong_mapping_names_file_and_key(text: str, where: str, remedy: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse(text, "shops.yaml")
    assert caught.value.where.startswith("shops.yaml: ")
    assert where in caught.value.where
    assert remedy in caught.value.remedy


def test_text_that_is_not_yaml_names_the_line() -> None:
    with pytest.raises(MappingError, match=r"shops\.yaml:3: the mapping is not YAML"):
        parse("id: shops\nfiles: [\n: x\n", "shops.yaml")


def test_merged_into_belongs_to_unification() -> None:
    with pytest.raises(MappingError, match="unification alone"):
        source("  - table: customers\n    columns: {customer_id: a, merged_into: b}")


def test_a_date_pattern_of_another_language_is_refused() -> None:
    from enishi.ingest import dates

    with pytest.raises(MappingError, match=r"yyyy.*not a date pattern"):
        dates.check_format("yyyyMMdd", "x")
    with pytest.raises(MappingError, match="not a date pattern"):
        dates.check_format("%Y%j", "x")


def test_codes_keep_their_zeros_and_words_stay_words() -> None:
    mapping = source("  - table: stores\n    columns: {store_id: {from: a, map: {01: x, 1: y, NO: z}}}")
    assert mapping.tables[0].columns["store_id"].map == {"01": "x", 1: "y", "NO": "z"}


def test_the_version_is_that_of_the_text() -> None:
    assert parse(GOOD, "a").version == parse(GOOD, "b").version != parse(GOOD + "# x\n", "a").version


@pytest.mark.parametrize("known", [from_folder(files("enishi.sample") / "sources"), completejourney.sources()])
def test_every_mapping_of_the_package_reads(known: Sources) -> None:
    assert len(known) >= 7
    assert all(known[name].id == name for name in known)


def test_files_find_their_source_by_folder_then_by_name() -> None:
    known = from_folder(files("enishi.sample") / "sources")
    assert known.of_key("drop/members/anything.csv").id == "members"
    assert known.of_key("elsewhere/TEIKI_20261121_p0000.csv").id == "subscriptions"
    assert known.of_key("elsewhere/TEIKI_RIREKI_20261121_p0000.csv").id == "subscription_events"
    with pytest.raises(MappingError, match="sources new"):
        known.of_key("elsewhere/unknown.csv")
    with pytest.raises(MappingError, match="Did you mean members"):
        known["member"]


def test_a_file_that_two_sources_take_is_not_guessed() -> None:
    both = Sources([parse(GOOD, "a"), parse(GOOD.replace("id: shops", "id: branches"), "b")])
    with pytest.raises(MappingError, match="both shops and branches"):
        both.of_name("SHOP_1.csv")


def test_the_example_of_the_docs_is_a_mapping() -> None:
    text = (Path(__file__).parents[3] / "docs" / "sources.md").read_text("utf-8")
    examples = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    assert examples
    for example in examples:
        if "tables:" in example and "id:" in yaml.safe_load(example):
            parse(example, "docs/sources.md")


def test_the_docs_name_every_key() -> None:
    from enishi.ingest import mapping

    text = (Path(__file__).parents[3] / "docs" / "sources.md").read_text("utf-8")
    models = (mapping.Mapping, mapping.Format, mapping.Target, mapping.Column)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()} - {"version"}
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_every_target_of_the_sample_is_a_declared_table() -> None:
    known = from_folder(files("enishi.sample") / "sources")
    assert {target.table for name in known for target in known[name].tables} <= set(schema.tables())
