"""What every header must be, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence

from enishi.errors import SourceFileError


def checked_names(names: Sequence[str], where: str) -> None:
    """Refuse a header without names, with a name twice or with columns without one.

    Raises:
        SourceFileError: naming what is wrong.
    """
    if not any(names):
        raise SourceFileError(
            "the header is empty", where=where, remedy="Send the file with its header, or set header: false."
        )
    if twice := [name for name in names if names.count(name) > 1]:
        what = f"the header has the column {twice[0]!r} twice" if twice[0] else "the header has columns without a name"
        raise SourceFileError(what, where=where, remedy="Give each column its own name.")
    if "" in names:
        raise SourceFileError(
            "the header has a column without a name", where=where, remedy="Give each column its own name."
        )
