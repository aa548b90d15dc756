"""The proposal as YAML: it reads as a mapping as it stands; every guess has its reason, `# ?` marks what to check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml

from enishi.ingest.format import Format
from enishi.ingest.proposal.looking import Findings
from enishi.ingest.proposal.profile import Confidence, Guess, Profile
from enishi.ingest.proposal.targets import Draft

ASK = "?"
_WIDE = 10_000


def write(source: str, found: Findings) -> str:
    """The mapping with its comments."""
    lines = [
        *_head(source, found),
        f"id: {source}",
        'title: ""',
        f"files: {flow(_patterns(found.files))}",
        f"format: {flow(_said(found.sight.form))}",
        _line(f"zone: {found.zone.name}", found.zone.reason, ask=not found.zone.sure),
        f"system: {source} # sources that know the same customers by the same numbers share it",
        *_private(found),
        "tables:",
        *(line for draft in found.drafts for line in _target(draft, found)),
        *_own(found),
    ]
    return "\n".join(lines) + "\n"


def _head(source: str, found: Findings) -> Iterator[str]:
    yield f"# Proposed from {', '.join(found.files)}. Look at the lines with `# ?`, then: {next_command(source, found)}"
    yield from (f"# {reason}" for reason in found.sight.reasons)
    yield from (f"# ? {doubt}" for doubt in found.doubts)
    yield from (f"# key: {key.says}" for key in found.keys[:3])
    if not found.keys:
        yield "# ? key: no column and no two columns tell all rows apart"


def next_command(source: str, found: Findings) -> str:
    """What to run next."""
    return f"enishi sources check {source}.yaml {' '.join(found.files)}"


def _said(form: Format) -> dict[str, Any]:
    return {"kind": form.kind} | form.model_dump(exclude_defaults=True)


def _target(draft: Draft, found: Findings) -> Iterator[str]:
    yield f"  - table: {draft.table} # {draft.reason}" if draft.reason else f"  - table: {draft.table}"
    yield from (f"    {key}: {flow(value)}" for key, value in draft.keys.items())
    yield "    columns:"
    lacking = {profile.name for profile in found.profiles if profile.missing_in}
    yield from (_column(guess, lacking) for guess in draft.guesses)


def _column(guess: Guess, lacking: set[str]) -> str:
    drifts = sorted(lacking & set(guess.sources))
    spec = guess.spec | ({"optional": True} if drifts else {})
    shown = spec["from"] if list(spec) == ["from"] and isinstance(spec["from"], str) else spec
    reason = guess.reason + (f"; not in every file: {', '.join(drifts)}" if drifts else "")
    return _line(f"      {guess.column}: {flow(shown)}", reason, ask=guess.confidence is Confidence.UNSURE)


def _private(found: Findings) -> list[str]:
    """Personal columns that no target takes: kept out of `attributes` until somebody decides."""
    names = [profile.name for profile in unplaced(found) if profile.personal and found.place.table != "stores"]
    return [_line(f"private: {flow(names)}", "data of persons: map them, or they go nowhere")] if names else []


def unplaced(found: Findings) -> list[Profile]:
    """Columns that no target names: they go to `attributes`, or are private."""
    named = {
        name for draft in found.drafts for guess in draft.guesses for name in guess.sources if not whole_row(guess)
    }
    return [profile for profile in found.profiles if profile.name not in named]


def whole_row(guess: Guess) -> bool:
    """Whether the guess is a key made of the row, which is no place for a column."""
    return "occurrence" in guess.spec


def _own(found: Findings) -> Iterator[str]:
    for profile in unplaced(found):
        if not profile.personal or found.place.table == "stores":
            drift = f"; not in {', '.join(profile.missing_in)}" if profile.missing_in else ""
            yield f"# own column {profile.name}: {profile.says}{drift}"


def _line(text: str, reason: str, *, ask: bool = False) -> str:
    mark = f"# {ASK} " if ask else "# "
    return f"{text} {mark}{_one_line(reason)}" if reason else text


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _patterns(files: Sequence[str]) -> str | list[str]:
    """The names with their dates and counters left open."""
    found = list(dict.fromkeys(re.sub(r"\d{4,}", "*", PurePosixPath(file).name) for file in files))
    return found[0] if len(found) == 1 else found


def source_id(files: Iterable[str]) -> str:
    """An id out of the first file's name."""
    stem = PurePosixPath(next(iter(files))).name.split(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[0-9]+", "", stem)).strip("_")
    return name if name[:1].isalpha() else f"source_{name}".rstrip("_")


def flow(value: Any) -> str:
    """One line of YAML; what would read as something else than text is quoted."""
    dumped: str = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=_WIDE, sort_keys=False)
    return dumped.removesuffix("\n").removesuffix("\n...")
