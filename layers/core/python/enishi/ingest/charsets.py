"""Encodings by the names that a mapping may use: Python's, and the EUC-JP that Windows and its databases write.

`eucjp-ms` (also `cp51932`) has NEC's and IBM's characters (①, ㈱, 髙) where the standard's EUC-JP has none, and writes
the wave dash and its like as CP932 does (～ and not 〜). Python has no such codec; its two-byte characters are those of
CP932 in other clothes.
"""

from __future__ import annotations

import codecs
from typing import Any

MICROSOFT_EUC = frozenset({"eucjp-ms", "eucjp_ms", "euc_jp_ms", "cp51932"})
_BARE = {"utf-16": "utf-16-le", "utf_16": "utf-16-le", "utf-8-sig": "utf-8", "utf_8_sig": "utf-8"}
_AS_CP932 = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
_AS_EUC = str.maketrans("～∥－￠￡￢", "〜‖−¢£¬")
_ADDED = (0xAD, 0xF9, 0xFA, 0xFB, 0xFC)
"""Leading bytes of the rows that NEC and IBM added."""


def known(name: str) -> bool:
    """Whether text can be read in the encoding."""
    if name.lower() in MICROSOFT_EUC:
        return True
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except LookupError:
        return False


def decoder(name: str) -> codecs.IncrementalDecoder:
    """A strict decoder that may be fed in pieces."""
    if name.lower() in MICROSOFT_EUC:
        return _MicrosoftEuc()
    return codecs.getincrementaldecoder(name)("strict")


def encode(text: str, name: str) -> bytes:
    """The text's bytes in the encoding; a byte order mark is not put before them."""
    if name.lower() in MICROSOFT_EUC:
        return b"".join(map(_euc, text)) if not text.isascii() else text.encode()
    return text.encode(_BARE.get(name.lower(), name))


class _MicrosoftEuc(codecs.BufferedIncrementalDecoder):
    """EUC-JP by Python's codec; what that does not know, by CP932."""

    def __init__(self) -> None:
        super().__init__("strict")

    def _buffer_decode(self, input: Any, errors: str, final: bool) -> tuple[str, int]:  # noqa: ARG002
        taken = len(input) if final else _whole(input)
        data = bytes(input[:taken])
        try:
            return _standard(data), taken
        except UnicodeDecodeError:
            return "\n".join(_line(line, data) for line in data.split(b"\n")), taken


def _standard(data: bytes) -> str:
    return data.decode("euc_jp").translate(_AS_CP932)


def _line(line: bytes, whole: bytes) -> str:
    """A line by Python's codec from each character that it does not know to the next."""
    parts, start = [], 0
    while start < len(line):
        try:
            parts.append(_standard(line[start:]))
            break
        except UnicodeDecodeError as error:
            at = start + error.start
            parts += [_standard(line[start:at]), _by_cp932(line, at, whole)]
            start = at + 2
    return "".join(parts)


def _whole(data: bytes) -> int:
    """Length of the part of `data` that certainly ends with a whole character: up to its last ASCII byte."""
    if data.isascii():
        return len(data)
    for place in range(len(data) - 1, -1, -1):
        if data[place] < 0x80:
            return place + 1
    return 0


def _by_cp932(line: bytes, at: int, whole: bytes) -> str:
    pair = line[at : at + 2]
    try:
        if len(pair) == 2 and min(pair) >= 0xA1:
            return _shifted(pair).decode("cp932")
    except UnicodeDecodeError:
        pass
    place = whole.find(line) + at
    raise UnicodeDecodeError("eucjp-ms", whole, place, place + 1, "no such character")


def _shifted(pair: bytes) -> bytes:
    """Row and cell of EUC as the two bytes of Shift_JIS."""
    row, cell = pair[0] - 0xA0, pair[1] - 0xA0
    lead = (row - 1) // 2
    lead += 0x81 if lead < 31 else 0xC1
    if row % 2 == 0:
        return bytes((lead, cell + 0x9E))
    return bytes((lead, cell + 0x3F + (cell >= 64)))


def _euc(character: str) -> bytes:
    try:
        return character.translate(_AS_EUC).encode("euc_jp")
    except UnicodeEncodeError:
        for lead in _ADDED:
            for trail in range(0xA1, 0xFF):
                pair = bytes((lead, trail))
                if _shifted(pair).decode("cp932", errors="ignore") == character:
                    return pair
        raise
