"""Which encoding the bytes are in, and what that was told by.

A scorer of our own over the encodings that are read here beats a general detector for this: retailers' files are
mostly ASCII with some Japanese words, and what decides is only whether those words are everyday characters.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from enishi.errors import SourceFileError
from enishi.ingest import charsets

CANDIDATES = ("utf-8", "cp932", "euc_jp", "eucjp-ms", "cp1252")
MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
PREFERRED = {"utf-8": 1.0, "eucjp-ms": -0.2}
"""UTF-8 does not come about by chance; the Microsoft EUC is asked for only where the standard's has no character."""
ENOUGH = 20
"""Bytes outside ASCII below which a guess is called unsure."""
ALIKE = {"euc_jp": ("eucjp-ms",), "eucjp-ms": ("euc_jp",)}
_CLEAR = 0.15
_LATIN = 0.6
_RARE = 0.3


@dataclass(frozen=True)
class Encoding:
    """The guess, how many bytes decided it, whether that is enough, and whether the text is Japanese."""

    name: str
    reason: str
    sure: bool = True
    japanese: bool = False
    codec: str = ""
    """What decodes a window that may stand anywhere in the file; "" = `name` itself."""


def newline(head: bytes) -> bytes:
    """A line end in the bytes of the file: one, or two of UTF-16 in its byte order."""
    if b"\0" not in head[:4096]:
        return b"\n"
    if head.startswith(codecs.BOM_UTF16_BE):
        return b"\0\n"
    zeros = [head[:4096][place::2].count(0) for place in (0, 1)]
    return b"\n\0" if zeros[1] >= zeros[0] or head.startswith(codecs.BOM_UTF16_LE) else b"\0\n"


def guess(windows: tuple[bytes, ...], file: str) -> Encoding:
    """The likeliest encoding of text in `windows` of whole lines (the first may begin with a byte order mark).

    Raises:
        SourceFileError: the bytes are of no encoding that is known here.
    """
    data = b"".join(windows)
    if found := _marked(data):
        return found
    if b"\0" in data[:4096]:
        return _wide(windows[0], file)
    if data.isascii():
        return Encoding("utf-8", f"all {len(data):,} bytes are ASCII, which is the same in every encoding read here")
    return _best(windows, data, file)


def text_of(window: bytes, told: Encoding) -> str:
    """A window as text; what a cut through a character left behind is dropped."""
    name = told.codec or told.name
    if name.lower() in charsets.MICROSOFT_EUC:
        return charsets.decoder(name).decode(window, final=True)
    return window.decode(name, errors="ignore")


def _marked(data: bytes) -> Encoding | None:
    for mark, name, codec in MARKS:
        if data.startswith(mark):
            times = 2 if data.startswith(mark * 2) else 1
            says = f"{name}: it begins with {'two byte order marks' if times == 2 else 'a byte order mark'}"
            text = data.decode(codec, errors="ignore")
            return Encoding(name, says, japanese=_japanese(text), codec=codec)
    return None


def _wide(head: bytes, file: str) -> Encoding:
    """Two bytes a character without a mark: the byte order in which line ends and everyday characters show."""
    scored = []
    for name in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(name, errors="replace")
        scored.append((text.count("\n") > 0, _score(text), name, _japanese(text)))
    ends, _, name, japanese = max(scored)
    if not ends:
        raise _unknown(file)
    return Encoding(name, f"{name}: every second byte of the ASCII in it is zero", japanese=japanese)


def _best(windows: tuple[bytes, ...], data: bytes, file: str) -> Encoding:
    scored = sorted(_scores(windows), reverse=True)
    if not scored or scored[0][0] < 0:
        raise _unknown(file)
    score, name, japanese = scored[0]
    deciding = sum(byte > 0x7F for byte in data[: 1 << 20])
    others = [found for found in scored[1:] if found[1] not in ALIKE.get(name, ())]
    second = f"; {others[0][1]} would decode too and reads worse" if others else "; no other one decodes"
    sure = deciding >= ENOUGH and (not others or score - others[0][0] > _CLEAR)
    reason = f"{name}: {deciding:,} bytes outside ASCII decided{second}"
    return Encoding(name, reason, sure=sure, japanese=japanese)


def _scores(windows: tuple[bytes, ...]) -> Iterator[tuple[float, str, bool]]:
    for name in CANDIDATES:
        try:
            text = "".join(charsets.decoder(name).decode(window, final=True) for window in windows)
        except UnicodeDecodeError:
            continue
        yield _score(text[: 1 << 20]) + PREFERRED.get(name, 0), name, _japanese(text[: 1 << 20])


def _score(text: str) -> float:
    """0 to 1: how usual the characters outside ASCII are."""
    outside = [character for character in text if character > "\x7f"]
    return sum(map(_usual, outside)) / max(len(outside), 1)


def _usual(character: str) -> float:
    code = ord(character)
    if 0x3040 <= code <= 0x30FF or 0xFF01 <= code <= 0xFF5E or 0x3000 <= code <= 0x3020:
        return 1.0
    if 0x4E00 <= code <= 0x9FFF:
        return 1.0 if _first_level(character) else _RARE
    if 0xC0 <= code <= 0xFF or code in (0x20AC, 0x2019, 0xA3):
        return _LATIN
    return -1.0 if code < 0xA0 or 0xE000 <= code <= 0xF8FF or code == 0xFFFD else _RARE / 2


def _first_level(character: str) -> bool:
    """An everyday kanji: of the first level of JIS, which CP932 keeps below 0x989F."""
    packed = character.encode("cp932", errors="ignore")
    return len(packed) == 2 and packed <= b"\x98\x72"


def _japanese(text: str) -> bool:
    return any("\u3040" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff" for character in text)


def _unknown(file: str) -> SourceFileError:
    what = "the file is text in no encoding that is known here"
    return SourceFileError(what, where=file, remedy="Send it in UTF-8 or CP932.")
