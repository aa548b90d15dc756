"""`enishi sources new`: look at the files of a source, write a mapping to edit, and say why for every guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

from enishi.ingest.mapping import Mapping, parse
from enishi.ingest.proposal import text
from enishi.ingest.proposal.looking import Findings, look
from enishi.ingest.proposal.profile import Confidence, Guess, Profile
from enishi.ingest.proposal.words import words

__all__ = ["Confidence", "Findings", "Proposal", "propose"]


@dataclass(frozen=True)
class Proposal:
    """A mapping as text, with its reasons as comments (it parses as it stands), and what it was made from."""

    source: str
    found: Findings

    @cached_property
    def text(self) -> str:
        return text.write(self.source, self.found)

    @property
    def mapping(self) -> Mapping:
        return parse(self.text, f"{self.source}.yaml")

    @property
    def next(self) -> str:
        """The command to run next."""
        return text.next_command(self.source, self.found)

    def as_dict(self) -> dict[str, Any]:
        """Everything that was found, as plain values for JSON."""
        found = self.found
        return {
            "source": self.source,
            "files": list(found.files),
            "format": found.sight.form.model_dump(exclude_defaults=True) | {"kind": found.sight.form.kind},
            "reasons": list(found.sight.reasons),
            "doubts": list(found.doubts),
            "zone": {"name": found.zone.name, "sure": found.zone.sure, "reason": found.zone.reason},
            "keys": [{"columns": list(key.columns), "rows": key.rows, "whole": key.whole} for key in found.keys],
            "tables": [draft.table for draft in found.drafts],
            "columns": self.rows(),
            "text": self.text,
            "next": self.next,
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row a source column: name, type, a sample without persons, where it goes, how sure, why."""
        return [self._row(profile) for profile in self.found.profiles]

    def _row(self, profile: Profile) -> dict[str, Any]:
        places = [(draft.table, guess) for draft in self.found.drafts for guess in draft.guesses]
        placed = [
            (table, guess) for table, guess in places if profile.name in guess.sources and not text.whole_row(guess)
        ]
        guesses = [guess for _, guess in placed]
        return {
            "column": profile.name,
            "type": profile.kind.name,
            "sample": profile.sample,
            "becomes": ", ".join(f"{table}.{guess.column}" for table, guess in placed)
            or _elsewhere(profile, self.found),
            "confidence": str(min(guesses, key=_sureness).confidence) if guesses else "",
            "reason": guesses[0].reason if guesses else profile.says,
        }


def _sureness(guess: Guess) -> int:
    return [Confidence.UNSURE, Confidence.LIKELY, Confidence.SURE].index(guess.confidence)


def _elsewhere(profile: Profile, found: Findings) -> str:
    return "private" if profile.personal and found.place.table != "stores" else f"attributes[{profile.name!r}]"


def propose(files: Sequence[tuple[str, BinaryIO]], source: str | None = None, *, zone: str = "Asia/Tokyo") -> Proposal:
    """A mapping for files (name, seekable stream) of one unknown layout; `zone` is the environment's.

    Raises:
        SourceFileError: nothing about a file can be made out.
    """
    found = look(files, zone, words())
    return Proposal(source or text.source_id(found.files), found)
