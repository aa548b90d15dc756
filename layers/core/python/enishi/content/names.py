"""Which variables a template reads, so that a step fills only the blocks that its messages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from enishi.content.render import KINDS
from enishi.ports import Channel


def variables(files: Mapping[str, str], template: str, channels: Iterable[Channel]) -> set[str]:
    """Names in the template's files for `channels` and in the files that these use, own ones included.

    A file that is missing or is no template reads nothing: rendering says what is wrong with it.
    """
    found, seen = set[str](), set[str]()
    waiting = [f"{template}/{KINDS[channel].file}" for channel in channels if channel in KINDS]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in files:
            continue
        seen.add(path)
        names, used = _read(files[path])
        found |= names
        waiting.extend(used)
    return found


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names in one file and the files that it uses; every part of every run asks again for the same few texts."""
    try:
        tree = Environment(autoescape=True).parse(text)
    except TemplateSyntaxError:
        return frozenset(), ()
    used = tuple(name for name in meta.find_referenced_templates(tree) if name)
    return frozenset(name.name for name in tree.find_all(nodes.Name)), used
