"""`FOR TIMESTAMP AS OF` on a laptop: the files of the last snapshot at or before an instant."""

from __future__ import annotations

from datetime import UTC, datetime

from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.table.snapshots import Snapshot
from sqlglot import exp

from enishi.clock import to_text
from enishi.errors import LakeError, QueryError
from enishi.lake.schema import Table
from enishi.local.warehouse_commit import instant_of
from enishi.local.warehouse_files import State
from enishi.local.warehouse_reads import by_field_id, nothing


def past(declared: Table, state: State, reference: exp.Table) -> exp.Subquery:
    """The table's rows as they stood at the reference's instant.

    Raises:
        LakeError: the table's past does not go back so far; the oldest instant is named.
        QueryError: not `FOR TIMESTAMP AS OF` a literal.
    """
    files = _files(declared, state, _instant(reference))
    rows: exp.Expr = by_field_id(declared, files) if files else nothing(declared)
    alias = exp.TableAlias(this=exp.to_identifier(reference.alias_or_name))
    inner = exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("past")))
    columns = [exp.column(name, quoted=True) for name in declared.names]
    found = exp.Subquery(this=exp.select(*columns).from_(inner), alias=alias)
    found.set("joins", reference.args.get("joins"))
    return found


def _instant(reference: exp.Table) -> str:
    literal = reference.args["version"].find(exp.Literal)
    try:
        read = datetime.fromisoformat(str(literal.this).replace(" UTC", "+00:00"))
    except (AttributeError, ValueError):
        raise QueryError(
            "a past is asked for by an instant", where=reference.name, remedy="Write TIMESTAMP '… UTC'."
        ) from None
    return to_text(read if read.tzinfo else read.replace(tzinfo=UTC))


def _files(declared: Table, state: State, instant: str) -> list[str]:
    snapshots = state.table.metadata.snapshots
    seen = [snapshot for snapshot in snapshots if instant_of(snapshot) <= instant]
    if not seen:
        _refuse_before_memory(declared, snapshots)
        return []
    entries = (
        entry
        for manifest in max(seen, key=lambda one: (instant_of(one), one.sequence_number or 0)).manifests(state.table.io)
        for entry in manifest.fetch_manifest_entry(state.table.io)
    )
    return [entry.data_file.file_path for entry in entries if entry.status != ManifestEntryStatus.DELETED]


def _refuse_before_memory(declared: Table, snapshots: list[Snapshot]) -> None:
    """A table without a snapshot was empty then and is now; one with later snapshots has forgotten."""
    if snapshots:
        oldest = min(instant_of(snapshot) for snapshot in snapshots)
        raise LakeError(
            f"the table's past goes back to {oldest} and no further",
            where=declared.qualified,
            remedy=f"Ask as of {oldest[:10]} or later; retention and erasures shorten the past (docs/as-of.md).",
        )
