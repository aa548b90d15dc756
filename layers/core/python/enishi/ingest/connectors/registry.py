"""Databases by kind of connector, made when they are first asked: most calls never do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from enishi.ports import Database


class Databases(Mapping[str, Database]):
    """Makers by name, each called once."""

    def __init__(self, makers: Mapping[str, Callable[[], Database]]) -> None:
        self._makers = makers
        self._made: dict[str, Database] = {}

    def __getitem__(self, kind: str) -> Database:
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
