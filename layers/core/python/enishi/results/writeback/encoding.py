"""Characters that an encoding lacks: written as their equal, replaced and counted, or refused. Never lost silently."""

from __future__ import annotations

from collections.abc import Mapping

from enishi.errors import LakeError
from enishi.results.writeback.declaration import Format

_EQUAL: Mapping[int, str] = {
    0x301C: "～",
    0x2212: "－",
    0x2016: "∥",
    0x2014: "―",
    0x00A2: "￠",
    0x00A3: "￡",
    0x00AC: "￢",
    0x00A5: "￥",
    0x203E: "￣",
    0x00A6: "￤",
}
"""Signs that JIS and Windows write by different code points: the same sign to a reader."""
_CONTROLS = dict.fromkeys((*range(32), 127), " ")
_SHOWN = 5


def writable(values: list[str], form: Format, column: str) -> tuple[list[str], int]:
    """`values` in characters that the file can hold, and how many were replaced.

    Control characters, line ends among them, become blanks and count as replaced.

    Raises:
        LakeError: a character has no place and the write-back refuses such; its code point is named, not its word.
    """
    signs = set("".join(values))
    controls = {ord(sign) for sign in signs if ord(sign) in _CONTROLS}
    lacking = {sign for sign in signs if ord(sign) not in controls and not _fits(sign, form.encoding)}
    if not lacking and not controls:
        return values, 0
    equal = {ord(sign): _EQUAL[ord(sign)] for sign in lacking if ord(sign) in _EQUAL}
    lost = {sign for sign in lacking if ord(sign) not in equal}
    if lost and form.unmappable == "refuse":
        raise _refusal(lost, form, column)
    table = {**equal, **{ord(sign): form.replacement for sign in lost}, **dict.fromkeys(controls, " ")}
    replaced = sum(value.count(sign) for value in values for sign in (*lost, *map(chr, controls)))
    return [value.translate(table) for value in values], replaced


def _fits(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _refusal(lost: set[str], form: Format, column: str) -> LakeError:
    codes = ", ".join(f"U+{ord(sign):04X}" for sign in sorted(lost)[:_SHOWN])
    return LakeError(
        f"{form.encoding} lacks {len(lost)} character(s) of the column: {codes}",
        where=f"columns.{column}",
        remedy="Say format.unmappable: replace, or another encoding; nothing was written.",
    )
