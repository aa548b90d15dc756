"""Kinds of single columns of a file that is read by its mapping: what a new column would be as an attribute."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from enishi.ingest.mapping import Mapping
from enishi.ingest.proposal import sampling
from enishi.ingest.proposal.kinds import kind_of
from enishi.ingest.proposal.words import words
from enishi.ingest.readers import READERS

SAMPLE = 6_000


def kinds_of(stream: BinaryIO, mapping: Mapping, names: Iterable[str], file: str) -> dict[str, str]:
    """Column → kind (code, date, integer, money, …), told from a sample of its values.

    Raises:
        SourceFileError: the file cannot be read as its mapping says.
    """
    rows = sampling.gather(READERS[mapping.format.kind](stream, mapping.format, file), file)
    sample = sampling.slices(rows, SAMPLE)
    return {name: kind_of(name, sample[name], words()).name for name in names if name in sample}
