"""What stands before and after the rows of a text file: lines to skip, footers, a trailer that counts the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from enishi.errors import SourceFileError
from enishi.ingest.mapping import Format

LONGEST = 16 << 20
"""Characters of one record: beyond, a quote is open or the line ends are missing."""
_BLANK = "\n \t\u3000"


@dataclass
class Edges:
    """Cuts a text's edges off; `trailer` is filled once the text has been read to its end."""

    form: Format
    where: str
    trailer: dict[str, str] = field(default_factory=dict)

    def inside(self, texts: Iterator[str]) -> Iterator[str]:
        """The text without the lines to skip and without the last lines.

        Raises:
            SourceFileError: fewer lines than declared, or no line that looks like the trailer.
        """
        pieces = _without_head(texts, self.form.skip, self.where)
        return self._without_tail(pieces) if self.form.tail else pieces

    def _without_tail(self, pieces: Iterator[str]) -> Iterator[str]:
        held = ""
        for piece in pieces:
            held += piece
            end = _start_of_last(held, self.form.tail)
            if end:
                yield held[:end]
                held = held[end:]
        self._read_tail([line for line in held.rstrip(_BLANK).split("\n") if line.strip(_BLANK)])

    def _read_tail(self, lines: list[str]) -> None:
        if len(lines) < self.form.tail:
            raise self._cut_off(f"the file has fewer lines than its {self.form.tail} last ones")
        pattern = self.form.trailer_pattern
        if pattern is None:
            return
        found = next((match for line in lines if (match := pattern.match(line))), None)
        if found is None:
            raise self._cut_off(f"the file ends without its trailer, which looks like {self.form.trailer}")
        self.trailer = {name: value.strip() for name, value in found.groupdict().items()}

    def _cut_off(self, what: str) -> SourceFileError:
        return SourceFileError(what, where=self.where, remedy="Send the file again whole, or correct the mapping.")


def _start_of_last(text: str, lines: int) -> int:
    """Where the last `lines` lines begin, blank ones at the end not counted; 0 when there are no more lines."""
    end = len(text.rstrip(_BLANK))
    for _ in range(lines):
        end = text.rfind("\n", 0, end)
        if end < 0:
            return 0
    return end + 1


def _without_head(texts: Iterator[str], lines: int, where: str) -> Iterator[str]:
    pending = ""
    for text in texts:
        if not lines:
            yield text
            continue
        pending += text
        while lines and "\n" in pending:
            pending, lines = pending.partition("\n")[2], lines - 1
        if lines and len(pending) > LONGEST:
            raise SourceFileError(
                f"no line ends within {LONGEST:,} characters", where=where, remedy="Check `skip` and the encoding."
            )
        if not lines:
            yield pending
