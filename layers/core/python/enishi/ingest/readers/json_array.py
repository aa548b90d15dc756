"""JSON files whose rows are one array: objects are cut out one after the other, in constant memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from enishi.errors import SourceFileError
from enishi.ingest.block import Block
from enishi.ingest.mapping import Format
from enishi.ingest.readers import jsonl
from enishi.ingest.readers.edges import LONGEST
from enishi.ingest.readers.encodings import texts
from enishi.ingest.readers.opening import Part

ROWS = 20_000
_BLANK = re.compile(r"[ \t\n\r]*")
_WORD = re.compile(r"[^\s,\]}]+")


def read(part: Part, form: Format) -> Iterator[Block]:
    """Blocks of the array's objects; a row's number is its place in the array, from 1.

    Raises:
        SourceFileError: the file is not JSON, has no such array, or ends too early.
    """
    scanner = Scanner(texts(part.stream, form, part.where), part.where)
    scanner.enter([step for step in form.root.split(".") if step])
    row, held = 1, list[str]()
    for element in scanner.elements():
        held.append(element)
        if len(held) == ROWS:
            yield jsonl.careful(held, row, form)
            row, held = row + ROWS, []
    yield jsonl.careful(held, row, form)


@dataclass
class Scanner:
    """A window on the text; `place` is where reading goes on."""

    pieces: Iterator[str]
    where: str
    text: str = ""
    place: int = 0
    line: int = 1
    done: bool = False

    def enter(self, path: list[str]) -> None:
        """Go to the array that `path` names, past the values before it."""
        for step in path:
            self._expect("{", f"an object with the key {step!r}")
            self._find(step)
        self._expect("[", "an array of objects")

    def _find(self, key: str) -> None:
        while True:
            if self._peek() == "}":
                raise self._error(f"there is no key {key!r} on the way to the rows", "Correct `root` in the mapping.")
            name = self._value()
            self._expect(":", "a colon")
            if name == json.dumps(key) or json.loads(name) == key:
                return
            self._value()
            if self._peek() == ",":
                self.place += 1

    def elements(self) -> Iterator[str]:
        """The text of each element of the array, line ends inside it as blanks."""
        while self._peek() != "]":
            yield self._value()
            mark = self._peek()
            if mark not in (",", "]"):
                raise self._error("between two rows stands no comma", "Send a valid JSON file.")
            if mark == ",":
                self.place += 1
                if self._peek() == "]":
                    raise self._error("after the last row stands a comma", "Send a valid JSON file.")

    def _expect(self, mark: str, what: str) -> None:
        if self._peek() != mark:
            remedy = "Set kind: jsonl when each line is an object, or `root` when the rows stand in an object."
            raise self._error(f"here must stand {what}", remedy)
        self.place += 1

    def _peek(self) -> str:
        """The next character that is no blank."""
        while True:
            self.place = _end(_BLANK, self.text, self.place)
            if self.place < len(self.text):
                return self.text[self.place]
            if not self._more():
                raise self._error("the file ends too early", "Send the file again whole.")

    def _value(self) -> str:
        """The text of the next value."""
        self._peek()
        while True:
            end = _end_of_value(self.text, self.place)
            if end is not None and (end < len(self.text) or self.done):
                value = self.text[self.place : end]
                self.place = end
                return value.replace("\n", " ")
            if len(self.text) - self.place > LONGEST:
                raise self._error(f"a row does not end within {LONGEST:,} characters", "Look for an open bracket.")
            if not self._more():
                raise self._error("the file ends too early", "Send the file again whole.")

    def _more(self) -> bool:
        self.line += self.text.count("\n", 0, self.place)
        piece = next((piece for piece in self.pieces if piece), "")
        self.text, self.place = self.text[self.place :] + piece, 0
        self.done = not piece
        return bool(piece)

    def _error(self, what: str, remedy: str) -> SourceFileError:
        line = self.line + self.text.count("\n", 0, self.place)
        return SourceFileError(what, where=f"{self.where}, line {line:,}", remedy=remedy)


_SPECIAL = re.compile(r'["{}\[\]]')
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def _end_of_value(text: str, start: int) -> int | None:
    """Where the value that begins at `start` ends, by its brackets and strings; None when it goes on."""
    if text[start] not in '{["':
        found = _WORD.match(text, start)
        return found.end() if found else start + 1
    depth, place = 0, start
    while found := _SPECIAL.search(text, place):
        mark = found[0]
        if mark == '"':
            string = _STRING.match(text, found.start())
            if string is None:
                return None
            place = string.end()
        else:
            depth += 1 if mark in "{[" else -1
            place = found.end()
        if depth <= 0:
            return place
    return None


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found: Any = pattern.match(text, start)
    return int(found.end())
