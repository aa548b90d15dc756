"""Which encoding bytes can be, told by whether they decode and whether what comes out reads like text."""

from __future__ import annotations

import codecs
import re

from enishi.ingest import charsets

CANDIDATES = ("utf-8", "cp932", "euc_jp", "eucjp-ms")
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MULTIBYTE = {"cp932": "cp932", "ms932": "cp932", "shift-jis": "cp932", "sjis": "cp932", "euc-jp": "euc_jp"}
_RUNS = re.compile(rb"[\x80-\xff]+")
_FEW = 8
"""Runs of Japanese below which nothing is doubted: a few names in half-width kana can be anything."""
_ZEROES = 0.2


def sniff(data: bytes) -> list[str]:
    """Encodings that the bytes can be, the likeliest first."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return [encoding]
    if wide := _wide(data):
        return [wide]
    scored = [(score, name) for name in CANDIDATES if (score := _score(data, name)) is not None]
    return [name for _, name in sorted(scored, key=lambda pair: -pair[0])]


def doubt(data: bytes, declared: str) -> str | None:
    """The encoding that the bytes read like, when it is surely another one than declared."""
    wide = _wide(data)
    if wide and declared not in (wide, "utf-16"):
        return wide
    own = _MULTIBYTE.get(declared)
    if not own or len(_RUNS.findall(data[:200_000])) < _FEW:
        return None
    mine = _score(data, own)
    scores = {name: _score(data, name) for name in CANDIDATES[:3] if name != own}
    better = [name for name, score in scores.items() if score is not None and score > 0.8]
    return better[0] if better and mine is not None and mine < 0.2 else None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of its ASCII characters is zero."""
    sample = data[: 64_000 & ~1]
    half = max(len(sample) // 2, 1)
    for encoding, zeroes in (("utf-16-le", sample[1::2].count(0)), ("utf-16-be", sample[::2].count(0))):
        if len(sample) > 8 and zeroes / half > _ZEROES:
            other = sample.count(0) - zeroes
            return encoding if other < zeroes / 4 else None
    return None


def _score(data: bytes, encoding: str) -> float | None:
    """How much it reads like Japanese or plain text; None when the bytes are not of the encoding."""
    try:
        text = charsets.decoder(encoding).decode(data)
    except UnicodeDecodeError:
        return None
    if text.isascii():
        return 1.0 + (encoding == "utf-8")
    outside = [character for character in text[:200_000] if character > "\x7f"]
    usual = sum("\u3040" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff" for character in outside)
    half_width = sum("\uff61" <= character <= "\uff9f" for character in outside)
    return (usual - half_width) / max(len(outside), 1) + (encoding == "utf-8")
