"""The lake on a laptop: Iceberg tables in a folder, DuckDB as the engine. Implements `enishi.ports.Warehouse`."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from sqlglot import exp

from enishi.clock import Clock, SystemClock, to_text
from enishi.errors import LakeError, QueryError
from enishi.lake import sql
from enishi.lake.rows import batches, conform, writable
from enishi.lake.schema import Table, named
from enishi.lake.sql.duckdb import render, rewritten
from enishi.local import warehouse_files as data
from enishi.local import warehouse_large as large
from enishi.local import warehouse_merge as merge
from enishi.local import warehouse_statement as merges
from enishi.local.catalog import LocalCatalog
from enishi.local.warehouse_answers import answer
from enishi.local.warehouse_engine import MIRROR_ROWS, Engine, rows_of
from enishi.local.warehouse_files import State
from enishi.local.warehouse_lock import Turns, lake_lock
from enishi.local.warehouse_past import past
from enishi.local.warehouse_scans import read_again
from enishi.local.warehouse_unload import unload
from enishi.local.warehouse_views import base_tables, body
from enishi.local.warehouse_work import WorkFiles, WorkFolder, relation, wanted_folders
from enishi.ports import Rows, Source, Unloaded, Upserted
from enishi.settings import Settings

_ATTEMPTS = 20
_REMEDY = "Correct the query; docs/lake.md says what is proven."


@dataclass(frozen=True)
class Change:
    """What a write does to a table: files that go, files that come, rows inserted and updated (or deleted)."""

    remove: tuple[str, ...]
    add: tuple[DataFile, ...]
    inserted: int
    updated: int = 0


class LocalWarehouse:
    """One home folder: `home/lake` holds the tables, `home/work` the files of work tables and of `unload`."""

    def __init__(
        self,
        home: Path,
        settings: Settings,
        *,
        work: WorkFiles | None = None,
        clock: Clock | None = None,
        threads: int = 0,
    ) -> None:
        self._work_root = home / "work"
        self._catalog = LocalCatalog(home)
        self._engine = Engine(home, settings.engine_memory, threads)
        self._work = work or WorkFolder(self._work_root)
        self._states: dict[str, State] = {}
        self._lock = threading.RLock()
        self._writers = lake_lock(home)
        self._turns = Turns(home)
        self._clock = clock or SystemClock()
        self.settings = settings

    def close(self) -> None:
        """Give the files back; the warehouse cannot be used afterwards."""
        self._engine.close()
        self._catalog.close()

    def query(self, query: exp.Query) -> pa.Table:
        with self._running(query) as (cursor, text):
            return answer(cursor.sql(text).to_arrow_table())

    def append(self, table: str, source: Source) -> int:
        declared = writable(table)
        if isinstance(source, pa.RecordBatchReader):
            with self._writers.shared():
                files, count = self._written(declared, source)
                return self._write(declared, lambda _declared, _state: Change((), files, count)).inserted
        rows = conform(declared, self._whole(source))
        return self._write(declared, lambda declared, state: self._appended(declared, state, rows)).inserted

    def replace(self, table: str, source: Source) -> int:
        declared = writable(table)
        with self._writers.shared():
            files, count = self._written(declared, source)
            return self._write(declared, lambda _declared, state: Change(tuple(state.files), files, count)).inserted

    def upsert(self, table: str, source: Source) -> Upserted:
        declared = writable(table)
        if isinstance(source, pa.RecordBatchReader):
            parts = batches(source, large.ROWS)
            first, second = next(parts), next(parts, None)
            if second is not None:
                return self._upsert_stream(declared, chain((first, second), parts))
            source = first
        rows = conform(declared, self._whole(source), complete=False)
        change = self._write(declared, lambda declared, state: self._upserted(declared, state, rows))
        return Upserted(change.inserted, change.updated)

    def compare(self, table: str, source: Rows) -> Upserted:
        declared = writable(table)
        rows = conform(declared, self._whole(source), complete=False)
        if not rows.num_rows:
            return Upserted(0, 0)
        self._ready(declared)
        with self._engine.cursor() as cursor:
            plan = merge.upsert(cursor, declared, rows)
        return Upserted(plan.inserted, plan.updated)

    def delete(self, table: str, where: exp.Expr) -> int:
        return self._write(writable(table), lambda declared, state: self._deleted(declared, state, where)).updated

    def unload(self, query: exp.Query, prefix: str, *, partition_by: Sequence[str] = ()) -> Unloaded:
        with self._running(query) as (cursor, text):
            return unload(cursor, text, self._work_root, prefix, partition_by)

    def rewrite(self, table: str, statement: exp.Expr) -> int:
        """Run a MERGE on the table as DuckDB does it, and make the outcome the table; returns rows changed.

        For the Athena stand-in: the whole table is rewritten.
        """
        declared = writable(table)
        with self._lock:
            with self._engine.cursor() as cursor:
                self._ready(declared)
                tree = self._resolved(rewritten(statement))
                rows, count = merges.run(cursor, declared, tree)
            self.replace(table, rows)
        return count

    @property
    def work_root(self) -> Path:
        """The folder that `unload` writes under."""
        return self._work_root

    def snapshot(self, table: str) -> str:
        return self._state(writable(table)).snapshot

    def _state(self, declared: Table) -> State:
        """The table as it is now, with the commits of other processes."""
        with self._lock:
            known = self._states.get(declared.name)
            if known is None:
                self._states[declared.name] = data.load(self._catalog.open(declared))
            elif known.location != (location := self._catalog.location(declared)):
                self._states[declared.name] = data.load(self._catalog.reopened(known.table, location), known)
            return self._states[declared.name]

    @contextmanager
    def _running(self, query: exp.Query) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """A cursor and the text that it runs for `query`; what DuckDB says against it becomes a QueryError."""
        sql.check(query, "query")
        text = render(read_again(self._viewed(query), self._engine.holds))
        with self._engine.reader() as cursor:
            try:
                yield cursor, text
            except duckdb.Error as error:
                raise _refused(error, self.settings.engine_memory) from None

    def _viewed(self, query: exp.Query) -> exp.Expr:
        """`query` in DuckDB's words, with the views that it reads as CTEs."""
        needed = sql.needed_views(query)
        for name in needed:
            for declared in base_tables(name):
                self._ready(declared)
        tree = self._resolved(rewritten(query))
        return sql.with_views(tree, {name: body(name) for name in needed}) if isinstance(tree, exp.Query) else tree

    def _resolved(self, tree: exp.Expr) -> exp.Expr:
        """`tree`, whose views are expanded, with every table replaced by one that the engine has ready."""
        for reference in [found for found in sql.tables_of(tree) if not sql.is_view(found)]:
            reference.replace(self._relation(reference))
        return tree

    def _relation(self, reference: exp.Table) -> exp.Expr:
        declared = named(reference.db, reference.name)
        name = reference.alias_or_name
        if declared.database == "work":
            found = (self._work.find(declared, wanted) for wanted in wanted_folders(declared, reference))
            return relation(declared, list(dict.fromkeys(chain.from_iterable(found))), name)
        if reference.args.get("version"):
            return past(declared, self._state(declared), reference)
        self._ready(declared)
        shown = rows_of(declared)
        shown.set("alias", reference.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name)))
        shown.set("joins", reference.args.get("joins"))
        return shown

    def _ready(self, declared: Table) -> None:
        with self._lock:
            self._engine.show(declared, self._state(declared))

    def _whole(self, source: Source) -> pa.Table:
        """A source in memory, in its order."""
        if isinstance(source, pa.Table):
            return source
        return source.read_all() if isinstance(source, pa.RecordBatchReader) else self.query(source)

    def _written(self, declared: Table, source: Source) -> tuple[tuple[DataFile, ...], int]:
        """Files of the source's rows, written once whatever the commit meets: a stream cannot be read again."""
        rows = source if isinstance(source, pa.RecordBatchReader) else self._whole(source)
        state, files, count = self._state(declared), list[DataFile](), 0
        for part in batches(rows):
            files.extend(data.write(state, declared, conform(declared, part)))
            count += part.num_rows
        return tuple(files), count

    def _write(self, declared: Table, plan: Callable[[Table, State], Change]) -> Change:
        """Plan on the present state and commit; plan again when another writer was faster all the same."""
        for attempt in range(_ATTEMPTS):
            with self._writers.shared(), self._lock, self._turns.of(declared.name):
                state = self._state(declared)
                change = plan(declared, state)
                if not change.remove and not change.add:
                    return change
                try:
                    self._states[declared.name] = self._committed(state, change)
                    return change
                except CommitFailedException:
                    del self._states[declared.name]
            time.sleep(random.uniform(0, 0.02 * (attempt + 1)))  # noqa: S311 only spreads retries
        raise LakeError("other processes keep writing", where=declared.name, remedy="Try again when they are done.")

    def _upsert_stream(self, declared: Table, parts: Iterator[pa.Table]) -> Upserted:
        """Merge what does not fit in memory; its files are written once, whatever the commit meets."""
        with self._writers.shared(), self._engine.cursor() as cursor:
            rows = (conform(declared, part, complete=False) for part in parts)
            stream = large.write(cursor, self._state(declared), declared, rows)
            change = self._write(declared, lambda declared, state: self._streamed(declared, state, stream))
        large.discard(self._state(declared), stream, change.add)
        return Upserted(change.inserted, change.updated)

    def _streamed(self, declared: Table, state: State, stream: large.Stream) -> Change:
        self._engine.show(declared, state)
        with self._engine.cursor() as cursor:
            found = large.sort(cursor, state, stream)
            if not found.rest.num_rows:
                return Change((), found.files, found.count)
            plan = merge.upsert(cursor, declared, found.rest)
        added = self._files(state, declared, plan.rows)
        return Change(plan.files, (*found.files, *added), found.count + plan.inserted, plan.updated)

    def _committed(self, state: State, change: Change) -> State:
        return data.commit(state, change.remove, change.add, self._catalog, to_text(self._clock.now()))

    def _appended(self, declared: Table, state: State, rows: pa.Table) -> Change:
        removed, whole = self._folded(declared, state, (), rows)
        return Change(removed, self._files(state, declared, whole), rows.num_rows)

    def _upserted(self, declared: Table, state: State, rows: pa.Table) -> Change:
        if not rows.num_rows:
            return Change((), (), 0)
        self._engine.show(declared, state)
        with self._engine.cursor() as cursor:
            plan = merge.upsert(cursor, declared, rows)
        removed, whole = self._folded(declared, state, plan.files, plan.rows)
        return Change(removed, self._files(state, declared, whole), plan.inserted, plan.updated)

    def _folded(
        self, declared: Table, state: State, removed: tuple[str, ...], rows: pa.Table
    ) -> tuple[tuple[str, ...], pa.Table]:
        """Take along the small files of partitions that have many: tables stay a few files however often they grow."""
        crowded = merge.crowded(state, declared, rows) - set(removed)
        if not crowded:
            return removed, rows
        self._engine.show(declared, state)
        with self._engine.cursor() as cursor:
            held = merge.rows_of_files(cursor, declared, crowded)
        return (*removed, *crowded), pa.concat_tables([held, rows])

    def _files(self, state: State, declared: Table, rows: pa.Table) -> tuple[DataFile, ...]:
        """Files of `rows`, not yet part of the table; the engine is told what small ones hold."""
        written = [found for part in batches(rows) for found in data.write_parts(state, declared, part)]
        if rows.num_rows <= MIRROR_ROWS:
            self._engine.remember(declared, {file.file_path: part for file, part in written})
        return tuple(file for file, _ in written)

    def _deleted(self, declared: Table, state: State, where: exp.Expr) -> Change:
        self._engine.show(declared, state)
        condition = self._condition(where)
        with self._engine.cursor() as cursor:
            plan = merge.delete(cursor, declared, condition)
        return Change(plan.files, self._files(state, declared, plan.rows), 0, plan.updated)

    def _condition(self, where: exp.Expr) -> exp.Expr:
        """A condition in DuckDB's words; subqueries in it may name tables and views."""
        query = exp.select("1").where(where.copy())
        sql.check(query, "delete")
        if sql.needed_views(query):
            raise QueryError("a delete cannot read views", remedy="Name tables in the condition.")
        condition: exp.Expr = self._resolved(rewritten(query)).args["where"].this
        return condition


def _refused(error: duckdb.Error, memory: str) -> QueryError:
    if isinstance(error, duckdb.OutOfMemoryException):
        more = "Give it more (ENISHI_ENGINE_MEMORY=4GB), or ask about fewer days or people."
        return QueryError(f"the question needs more than the {memory} that the engine may hold", remedy=more)
    return QueryError(_complaint(error), remedy=_REMEDY)


def _complaint(error: duckdb.Error) -> str:
    """DuckDB's first line. Binding and parsing speak of names only; what running says may quote values and is cut."""
    first = str(error).splitlines()[0]
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
        return first
    return re.split(r"[\"'(]", first, maxsplit=1)[0].strip()
