"""Where the blocks and ribbons of a flow stand: two columns, or more where a target is a source again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

GAP, BLOCK, MARGIN = 10.0, 12.0, 110.0
Flow = tuple[str, str, float]


@dataclass(frozen=True)
class Picture:
    nodes: list[dict[str, Any]]
    links: list[dict[str, Any]]


def flows(given: Sequence[Flow], width: float, height: float) -> Picture:
    """Blocks and ribbons of (source, target, value). A name on both sides stands twice: as it was, and as it became."""
    links = [(("from", a), ("to", b), value) for a, b, value in given if value > 0]
    total = sum(value for _, _, value in links) or 1.0
    sides = {side: _sums(links, position) for position, side in enumerate(("from", "to"))}
    most = max((len(sums) for sums in sides.values()), default=1)
    scale = (height - GAP * max(most - 1, 0)) / total
    tops = {(side, name): top for side, sums in sides.items() for name, top in _stacked(sums, scale).items()}
    nodes = [
        _node(side, name, value, tops[(side, name)], scale, width)
        for side, sums in sides.items()
        for name, value in sums.items()
    ]
    return Picture(nodes, _ribbons(links, tops, scale, width))


def _sums(links: Sequence[Any], position: int) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for link in links:
        sums[link[position][1]] += link[2]
    return dict(sums)


def _stacked(sums: dict[str, float], scale: float) -> dict[str, float]:
    tops, top = {}, 0.0
    for name, value in sums.items():
        tops[name] = top
        top += value * scale + GAP
    return tops


def _node(side: str, name: str, value: float, top: float, scale: float, width: float) -> dict[str, Any]:
    left = side == "from"
    x = MARGIN if left else width - MARGIN - BLOCK
    return {
        "name": name, "value": value, "x": x, "y": top, "height": value * scale, "align": "right" if left else "left",
        "tx": x - 6 if left else x + BLOCK + 6, "ty": top + value * scale / 2,
    }  # fmt: skip


def _ribbons(links: Sequence[Any], tops: dict[Any, float], scale: float, width: float) -> list[dict[str, Any]]:
    used: dict[Any, float] = defaultdict(float)
    ribbons = []
    for source, target, value in links:
        thick = value * scale
        a, b = tops[source] + used[source], tops[target] + used[target]
        used[source] += thick
        used[target] += thick
        ribbons.append({"source": source[1], "target": target[1], "value": value, "path": _path(a, b, thick, width)})
    return ribbons


def _path(a: float, b: float, thick: float, width: float) -> str:
    """A band that leaves level at the left and arrives level at the right."""
    left, right = MARGIN + BLOCK, width - MARGIN - BLOCK
    middle = (left + right) / 2
    upper = f"M{left:.1f},{a:.1f}C{middle:.1f},{a:.1f} {middle:.1f},{b:.1f} {right:.1f},{b:.1f}"
    back = f"C{middle:.1f},{b + thick:.1f} {middle:.1f},{a + thick:.1f} {left:.1f},{a + thick:.1f}Z"
    lower = f"L{right:.1f},{b + thick:.1f}{back}"
    return upper + lower
