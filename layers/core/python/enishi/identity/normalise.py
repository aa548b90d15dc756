"""Normal forms of what people write about themselves, so that two ways of writing one thing compare equal.

Every function takes an Arrow string array and returns one of the same length; null stays null, and what cannot be
the thing (a phone number of four digits) becomes null. `NORMALISERS` is the registry that source mappings name.

Inside, a column is one text with a line a value: Python's text functions then cost one call a column, not one a value
(and Arrow's own `utf8_normalize` leaves NFKC decomposed, so that ﾀﾞ would not meet ダ).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa

from enishi.data_files import data_of

Strings: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any]"
Normaliser: TypeAlias = "Callable[[Strings], pa.Array[Any]]"

_DASHES = "[‐‑‒–—―−ー-]"
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in [*range(0x3041, 0x3097), 0x309D, 0x309E]}
_TWINS = {ord("ヂ"): "ジ", ord("ヅ"): "ズ", ord("ヲ"): "オ", ord("ヱ"): "エ", ord("ヰ"): "イ", ord("ヮ"): "ワ"}
_LONG_VOWELS = (
    ("アァカガサザタダナハバパマヤャラワ", "アァー"),
    ("イィキギシジチニヒビピミリ", "イィー"),
    ("ウゥクグスズツヌフブプムユュルヴ", "ウゥー"),
    ("エェケゲセゼテデネヘベペメレ", "エェイー"),
    ("オォコゴソゾトドノホボポモヨョロ", "オォウー"),
)
_KANJI_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")}


def _over_arrow(change: Callable[[str], str]) -> Normaliser:
    """Make a function of many lines one of an Arrow column; an empty line is null."""

    @wraps(change)
    def normaliser(values: Strings) -> pa.Array[Any]:
        if not len(values):
            return pa.array([], pa.string())
        given = ["" if value is None else value for value in values.to_pylist()]
        lines = "\n".join(given)
        if lines.count("\n") != len(given) - 1:
            lines = "\n".join(" ".join(value.split("\n")) for value in given)
        return pa.array([line or None for line in change(lines).split("\n")], pa.string())

    return normaliser


@_over_arrow
def text(lines: str) -> str:
    """NFKC, trimmed, inner blanks to one space; empty becomes null."""
    return _clean(lines)


@_over_arrow
def kana(lines: str) -> str:
    """The comparing form of a name's reading: full-width katakana, no blanks, one form of every long vowel.

    オオノ, おおの, ｵｰﾉ and オウノ give the same; オノ does not. For hashes and comparison, not for greeting people.
    """
    folded = re.sub(_DASHES, "ー", _bare(lines).translate({**_HIRAGANA_TO_KATAKANA, **_TWINS}))
    for row, vowels in _LONG_VOWELS:
        folded = re.sub(f"([{row}])[{vowels}]+", r"\1ー", folded)
    return folded


@_over_arrow
def name(lines: str) -> str:
    """The comparing form of a written name: NFKC, no blanks, variant characters (髙, 﨑, 邊) in their everyday form."""
    return _bare(lines).translate(_kanji_variants())


@_over_arrow
def phone(lines: str) -> str:
    """E.164. A number without a country is Japanese; what has not 9 or 10 digits after the 0 there becomes null.

    An extension (内線12, ext. 12, x12, #12) is left out: who shares a switchboard shares its number.
    """
    outside = re.sub(_EXTENSION, "", _bare(lines), flags=re.IGNORECASE | re.MULTILINE)
    signs = re.sub(r"[^0-9+\n]", "", outside)
    national = re.sub(r"^(?:\+|00)810?", "0", signs, flags=re.MULTILINE)
    foreign = re.sub(r"^00", "+", national, flags=re.MULTILINE)
    return _only(r"\+(?:81[1-9][0-9]{8,9}|(?!81)[1-9][0-9]{6,14})", re.sub("^0", "+81", foreign, flags=re.MULTILINE))


@_over_arrow
def mail(lines: str) -> str:
    """An address to send to: NFKC, no blanks, domain in lower case; the local part as written. No `@` gives null."""
    return re.sub("@.*", lambda domain: domain[0].lower(), _only(_MAIL, _bare(lines)))


@_over_arrow
def mail_key(lines: str) -> str:
    """The comparing form of an address: `mail` in lower case, and without what its provider is known to ignore.

    `data/mail_providers.yaml` says which providers ignore dots or a tag, and which domains are one; elsewhere dots and
    tags stay: they are other mailboxes.
    """
    return "\n".join(map(_delivered, _only(_MAIL, _bare(lines)).lower().split("\n")))


@_over_arrow
def postal(lines: str) -> str:
    """Seven digits without a dash; a code that lost its leading zero gets it back; anything else becomes null."""
    digits = re.sub(r"[^0-9\n]", "", _bare(lines))
    return _only("[0-9]{7}", re.sub("^([0-9]{6})$", r"0\1", digits, flags=re.MULTILINE))


@_over_arrow
def digits(lines: str) -> str:
    """The ASCII digits of a date or a number; none gives null."""
    return re.sub(r"[^0-9\n]", "", _bare(lines))


@_over_arrow
def latin(lines: str) -> str:
    """The comparing form of a name or a place in letters: no case, accents, blanks or signs."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", _bare(lines)) if not unicodedata.combining(sign))
    return re.sub(r"[^\w\n]|_", "", unicodedata.normalize("NFKC", plain.casefold()))


@_over_arrow
def address(lines: str) -> str:
    """The comparing form of a postal address: no blanks, 一丁目2番地3号 and １－２－３ both as 1-2-3."""
    return _numbered(_bare(lines))


@_over_arrow
def street(lines: str) -> str:
    """`address` without prefecture, 政令市 before a ward, 大字 and 字, in everyday characters, up to the house number.

    東京都新宿区大字西新宿一丁目２番３号縁ビル４０５ and 新宿区西新宿1-2-3-405 give 新宿区西新宿1-2-3 both: the fourth
    number is a room. An address without a number stays whole.
    """
    return re.sub(rf"({_NUMBERS}).*$", r"\1", _local(lines), flags=re.MULTILINE)


@_over_arrow
def building(lines: str) -> str:
    """What follows the house number of an address: building and room, 縁ビル405; null where there is none."""
    rest = re.sub(rf"^(?:.*?{_NUMBERS}-?(.*)|.*)$", r"\1", _local(lines), flags=re.MULTILINE)
    return re.sub("(?<=[0-9])(?:号室|号)$", "", rest, flags=re.MULTILINE)


@_over_arrow
def prefecture(lines: str) -> str:
    """JIS code 01-47 of a prefecture's name or of an address that begins with one; a code stays; else null."""
    codes = _prefectures()
    return "\n".join(codes.get(line[:4], codes.get(line[:3], "")) for line in _bare(lines).split("\n"))


NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(
    {
        "text": text,
        "kana": kana,
        "name": name,
        "phone": phone,
        "mail": mail,
        "mail_key": mail_key,
        "postal": postal,
        "digits": digits,
        "latin": latin,
        "address": address,
        "street": street,
        "building": building,
        "prefecture": prefecture,
    }
)


def one(kind: str, value: str | None) -> str | None:
    """The normal form of a single value, by the registry's name.

    Raises:
        KeyError: no such normaliser.
    """
    answer: str | None = NORMALISERS[kind](pa.array([value], pa.string()))[0].as_py()
    return answer


_EXTENSION = r"(?:内線|\(?ext(?:ension|n)?\.?|[x#;]).*$"
_NUMBERS = "[0-9]+(?:-[0-9]+){0,2}(?![0-9])"
"""丁目, 番, 号. A fourth number is a room."""
_MAIL = r"[^@\n]+@[^@\n.]+(?:\.[^@\n.]+)+"


def _clean(lines: str) -> str:
    normal = lines if unicodedata.is_normalized("NFKC", lines) else unicodedata.normalize("NFKC", lines)
    return re.sub("^ | $", "", re.sub(r"[^\S\n]+", " ", re.sub("[\u200b\ufeff]", "", normal)), flags=re.MULTILINE)


def _bare(lines: str) -> str:
    return _clean(lines).replace(" ", "")


def _only(pattern: str, lines: str) -> str:
    """Keep the lines that are wholly `pattern`; empty the others."""
    return re.sub(f"^(?!(?:{pattern})$).*$", "", lines, flags=re.MULTILINE)


def _numbered(lines: str) -> str:
    arabic = re.sub("([〇一二三四五六七八九十]+)(?=丁目|番地|番|号)", lambda found: str(_number(found[1])), lines)
    dashed = re.sub("(?<=[0-9])(?:丁目|番地の|番地|番|号|の)(?=[0-9])", "-", arabic)
    ended = re.sub("(?<=[0-9])(?:丁目|番地|番|号(?!室))", "", dashed)
    return re.sub(f"(?<=[0-9]){_DASHES}+(?=[0-9])", "-", ended)


def _local(lines: str) -> str:
    """Addresses in their comparing form without prefecture, designated city before its ward, 大字 and 字."""
    parted = re.sub("(?<=[0-9]) (?=[0-9])", "-", _clean(lines)).replace(" ", "")
    plain = _numbered(parted).translate(_kanji_variants())
    prefectures = "|".join(name for name in _prefectures() if not name.isdigit())
    inner = re.sub(f"^(?:{prefectures})", "", plain, flags=re.MULTILINE)
    ward = re.sub(f"^(?:{'|'.join(_designated_cities())})(?=[^市0-9\n]{{1,5}}区)", "", inner, flags=re.MULTILINE)
    return re.sub(r"大字|(?<=[^0-9\n])字(?=[^0-9\n]+[0-9])", "", ward)


def _delivered(address: str) -> str:
    """The mailbox that an address in lower case reaches, as far as its provider is known."""
    local, _, domain = address.rpartition("@")
    known = _mail_providers().get(domain)
    if known is None:
        return address
    if known.tag:
        local = local.split(known.tag, 1)[0] or local
    return f"{local.replace('.', '') if known.dots else local}@{known.domain}"


def _number(kanji: str) -> int:
    """A kanji number below 100: 二十三 → 23."""
    tens, ten, ones = kanji.rpartition("十")
    high = _KANJI_DIGITS.get(tens, 1) * 10 if ten else 0
    return high + int("".join(str(_KANJI_DIGITS[character]) for character in ones) or "0")


@cache
def _prefectures() -> Mapping[str, str]:
    """First characters → code: whole names (three or four characters), and codes with or without their zero."""
    names = data_of("enishi.identity", "data/prefectures.yaml")
    codes = {name: f"{number:02d}" for number, name in enumerate(names, 1)}
    return {**codes, **{code: code for code in codes.values()}, **{str(int(code)): code for code in codes.values()}}


@dataclass(frozen=True)
class _Provider:
    """What a provider does with local parts: one `domain` for all of its own, dots ignored, what opens a tag."""

    domain: str
    dots: bool
    tag: str


@cache
def _mail_providers() -> Mapping[str, _Provider]:
    return {
        domain: _Provider(row["domains"][0] if row["one"] else domain, row["dots"], row["tag"])
        for row in data_of("enishi.identity", "data/mail_providers.yaml")
        for domain in row["domains"]
    }


@cache
def _designated_cities() -> tuple[str, ...]:
    return tuple(data_of("enishi.identity", "data/designated_cities.yaml"))


@cache
def _kanji_variants() -> Mapping[int, str]:
    return {ord(variant): plain for variant, plain in data_of("enishi.identity", "data/kanji_variants.yaml").items()}
