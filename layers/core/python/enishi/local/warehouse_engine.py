"""DuckDB over the current data files of Iceberg tables.

Small tables are mirrored in memory file by file, so that a commit costs only what it changed; large ones are read in
place. Either way `files.<table>` has the rows with the path they stand in (`_file`), and `lake.<table>` or
`pii.<table>` has the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from enishi.lake import types
from enishi.lake.schema import Table
from enishi.lake.sql import duckdb as dialect
from enishi.local.warehouse_files import State
from enishi.local.warehouse_reads import FILE, by_field_id, by_name
from enishi.local.warehouse_spill import SpillFolder

MIRROR_ROWS = 300_000
"""Tables of at most so many rows are held in memory."""

ROWS_BEFORE_WRITING = 100_000
"""Rows of a folder that a partitioned write gathers before it writes them; they are held for every folder at once."""

_COME = "rows_that_come"


class Engine:
    """One in-memory DuckDB; `cursor()` gives each caller its own transaction. Queries hold `memory` at most; what needs
    more is spilled to a folder of its own under `home`. `threads` at most take part in a query (0: as many as there are
    cores)."""

    def __init__(self, home: Path, memory: str, threads: int = 0) -> None:
        self._spill = SpillFolder(home)
        limits: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(self._spill.path),
            "memory_limit": memory,
            "partitioned_write_flush_threshold": ROWS_BEFORE_WRITING,
            **({"threads": threads} if threads else {}),
        }
        self._root = duckdb.connect(":memory:", config=limits)
        self._root.execute(dialect.SETTINGS)
        self._root.execute(dialect.macros())
        self._root.execute("SET parquet_metadata_cache = true; SET preserve_insertion_order = true")
        for schema in ("lake", "pii", "files"):
            self._root.execute(f"CREATE SCHEMA {schema}")
        self._shown: dict[str, State] = {}
        self._mirrored: set[str] = set()
        self._written: dict[str, Mapping[str, pa.Table]] = {}
        self._readers: list[duckdb.DuckDBPyConnection] = []
        self._lock = threading.RLock()

    @contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that only asks; it goes back for the next who asks, for opening one costs as much as a small
        question."""
        with self._lock:
            cursor = self._readers.pop() if self._readers else self._opened()
        yield cursor
        with self._lock:
            self._readers.append(cursor)

    def _opened(self) -> duckdb.DuckDBPyConnection:
        cursor = self._root.cursor()
        cursor.execute(dialect.SETTINGS)
        return cursor

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own; temporary tables vanish with it."""
        cursor = self._opened()
        try:
            yield cursor
        finally:
            cursor.close()

    def remember(self, declared: Table, written: Mapping[str, pa.Table]) -> None:
        """Keep the rows of files just written (path → rows) until the table is shown, which spares reading them back.

        A file never changes, so its rows cannot be stale; the next write of the table takes their place.
        """
        with self._lock:
            self._written[declared.name] = written

    def show(self, declared: Table, state: State) -> None:
        """Make `files.<table>` and the table's view say what `state` holds."""
        with self._lock:
            before = self._shown.get(declared.name)
            if before is not None and before.files.keys() == state.files.keys():
                return
            if state.rows <= MIRROR_ROWS:
                self._mirror(declared, state)
            else:
                self._read_in_place(declared, state)
            self._written.pop(declared.name, None)
            self._shown[declared.name] = state

    def holds(self, name: str) -> bool:
        """Whether the table's rows are in memory."""
        return name in self._mirrored

    def _mirror(self, declared: Table, state: State) -> None:
        held = self._shown[declared.name].files if declared.name in self._mirrored else None
        if held is None:
            self._drop(declared)
            self._run(exp.Create(this=_typed(declared), kind="TABLE"))
            self._expose(declared)
            self._mirrored.add(declared.name)
        gone = [path for path in held or () if path not in state.files]
        come = [path for path in state.files if path not in (held or ())]
        with self._transaction():
            if gone:
                self._run(exp.delete(files_of(declared), exp.column(FILE).isin(*map(exp.Literal.string, gone))))
            if come:
                self._take_in(declared, come)

    def _take_in(self, declared: Table, paths: Sequence[str]) -> None:
        """Add the rows of files to the mirror, in the files' order."""
        written = self._written.get(declared.name, {})
        if not all(path in written for path in paths):
            self._run(exp.Insert(this=files_of(declared), expression=by_field_id(declared, paths)))
            return
        self._root.register(_COME, pa.concat_tables([_named(written[path], path) for path in paths]))
        self._run(exp.Insert(this=files_of(declared), expression=exp.select("*").from_(exp.table_(_COME))))
        self._root.unregister(_COME)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._root.begin()
        try:
            yield
        except BaseException:
            self._root.rollback()
            raise
        self._root.commit()

    def _read_in_place(self, declared: Table, state: State) -> None:
        self._drop(declared)
        self._mirrored.discard(declared.name)
        query = by_name(declared, state.files)
        self._run(exp.Create(this=files_of(declared), kind="VIEW", expression=query, replace=True))
        self._expose(declared)

    def _drop(self, declared: Table) -> None:
        if declared.name in self._shown:
            kind = "TABLE" if declared.name in self._mirrored else "VIEW"
            self._run(exp.Drop(tables=[files_of(declared)], kind=kind, exists=True))

    def _expose(self, declared: Table) -> None:
        query = exp.select(*[exp.column(name, quoted=True) for name in declared.names]).from_(files_of(declared))
        self._run(exp.Create(this=rows_of(declared), kind="VIEW", expression=query, replace=True))

    def _run(self, statement: exp.Expr) -> None:
        self._root.execute(statement.sql(dialect="duckdb"))

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self._root.close()
        self._spill.remove()


def _named(rows: pa.Table, path: str) -> pa.Table:
    """Rows with the file that they stand in."""
    return rows.append_column(FILE, pa.repeat(pa.scalar(path), rows.num_rows))


def rows_of(declared: Table) -> exp.Table:
    """The view with the table's rows."""
    return exp.table_(declared.name, db=declared.database, quoted=True)


def files_of(declared: Table) -> exp.Table:
    """The relation with the rows and the file of each."""
    return exp.table_(declared.name, db="files", quoted=True)


def _typed(declared: Table) -> exp.Schema:
    kinds = [(column.name, types.to_duckdb(column.kind)) for column in declared.columns]
    columns = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(kind, dialect="duckdb"))
        for name, kind in (*kinds, (FILE, "VARCHAR"))
    ]
    return exp.Schema(this=files_of(declared), expressions=columns)
