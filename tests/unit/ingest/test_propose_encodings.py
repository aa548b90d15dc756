"""Which encoding a file is in: right on everyday Japanese in each, honest where few bytes speak."""

from __future__ import annotations

import pytest

from enishi.errors import SourceFileError
from enishi.ingest import charsets
from enishi.ingest.proposal.encoding import guess

PEOPLE = "会員番号,氏名,住所\r\n1,見本　太郎,東京都千代田区丸の内一丁目\r\n2,例　花子,大阪府大阪市北区梅田\r\n"
SHOPS = "ｺｰﾄﾞ,店舗名\n1,新宿西口駅前店\n2,横浜みなとみらい店\n3,札幌すすきの店\n"
MARKS = "番号,会社\n1,㈱見本商店①\n2,㈲例髙﨑\n3,見本株式会社丸の内支店営業部\n"


@pytest.mark.parametrize("text", [PEOPLE, SHOPS])
@pytest.mark.parametrize("name", ["utf-8", "cp932", "euc_jp", "utf-16-le", "utf-16-be"])
def test_everyday_japanese(text: str, name: str) -> None:
    found = guess((text.encode(name),), "x.csv")
    assert (found.name, found.japanese) == (name, True)


@pytest.mark.parametrize("name", ["cp932", "eucjp-ms"])
def test_characters_that_only_windows_has(name: str) -> None:
    assert guess((charsets.encode(MARKS, name),), "x.csv").name == name


@pytest.mark.parametrize(("text", "name"), [("prénom,née\nZoë,été\n", "cp1252"), ("naïve café\n", "utf-8")])
def test_western_text(text: str, name: str) -> None:
    found = guess((text.encode(name),), "x.csv")
    assert (found.name, found.japanese) == (name, False)


def test_few_bytes_are_doubted_and_counted() -> None:
    found = guess(("id,名\n1,a\n".encode("cp932"),), "x.csv")
    assert (found.sure, "2 bytes outside ASCII decided" in found.reason) == (False, True)
    assert guess((PEOPLE.encode("cp932"),), "x.csv").sure


def test_ascii_alone_is_the_same_everywhere() -> None:
    found = guess((b"a,b\n1,2\n",), "x.csv")
    assert (found.name, found.sure) == ("utf-8", True)
    assert "all 8 bytes are ASCII" in found.reason


def test_the_bytes_may_be_in_windows() -> None:
    parts = tuple(line.encode("euc_jp") for line in PEOPLE.splitlines(keepends=True))
    assert guess(parts, "x.csv").name == "euc_jp"


def test_bytes_of_no_encoding_are_refused() -> None:
    with pytest.raises(SourceFileError, match="no encoding that is known"):
        guess((b"a,\x81\xff\xfd \xff\xff\n",), "x.csv")
