"""The lake on AWS: every query and every write is an Athena statement. Implements `enishi.ports.Warehouse`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from enishi.aws import athena_sql as statements
from enishi.aws.athena_names import Names, reads_personal_data
from enishi.aws.athena_runner import AthenaRunner
from enishi.aws.athena_spills import Spills
from enishi.aws.athena_staging import Span, Staging
from enishi.aws.s3 import S3Blobs
from enishi.lake import sql
from enishi.lake.rows import writable
from enishi.lake.schema import Table
from enishi.ports import Rows, Source, Unloaded, Upserted
from enishi.settings import Settings

if TYPE_CHECKING:
    from boto3.session import Session


class AthenaWarehouse:
    """Tables of one environment. Arrow rows are staged as Parquet in the work bucket and taken in by one statement."""

    def __init__(self, settings: Settings, session: Session, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._names = Names(settings)
        self._runner = AthenaRunner(session.client("athena"), sleep=sleep)
        self._work = S3Blobs(session.client("s3"), settings.work_bucket)
        self._staging = Staging(self._work)
        self._spills = Spills(settings, self._runner, self._names, self._work)

    def query(self, query: exp.Query) -> pa.Table:
        """Answers with arrays, maps or rows come through Parquet: Athena's own result file has no types inside them."""
        sql.check(query, "query")
        with self._spills.within(query) as whole:
            return self._answer(whole)

    def append(self, table: str, source: Source) -> int:
        declared = writable(table)
        if isinstance(source, exp.Query):
            return self._count(self._insert(declared, statements.typed(declared, source)), declared, source)
        with self._staging.rows(declared, source) as staged:
            if staged.rows:
                self._run(self._insert(declared, staged.select(declared.names)), declared)
        return staged.rows

    def replace(self, table: str, source: Source) -> int:
        declared = writable(table)
        if isinstance(source, exp.Query):
            [count] = self._figures(statements.count_of(source))
            self._run(statements.replace(self._target(declared), declared, self._source(declared, source)), declared)
            return count
        with self._staging.rows(declared, source) as staged:
            rows = staged.select(declared.names) if staged.rows else statements.nothing(declared)
            self._run(statements.replace(self._target(declared), declared, self._resolved(rows)), declared)
        return staged.rows

    def upsert(self, table: str, source: Source) -> Upserted:
        declared = writable(table)
        if isinstance(source, exp.Query):
            names = [name for name in declared.names if name in statements.columns_of(source)]
            return self._merge(declared, statements.one_of_each(declared, source), names, source)
        with self._staging.rows(declared, source, complete=False, keyed=True) as staged:
            if not staged.rows:
                return Upserted(0, 0)
            return self._merge(declared, staged.latest(declared), list(staged.columns), None, staged.days)

    def compare(self, table: str, source: Rows) -> Upserted:
        declared = writable(table)
        with self._staging.rows(declared, source, complete=False, keyed=True) as staged:
            if not staged.rows:
                return Upserted(0, 0)
            given = self._resolved(staged.latest(declared))
            return self._differences(declared, given, list(staged.columns), staged.days)

    def delete(self, table: str, where: exp.Expr) -> int:
        declared = writable(table)
        found = exp.select(exp.Count(this=exp.Star())).from_(sql.table_ref(declared.qualified)).where(where.copy())
        [count] = self._figures(found)
        if count:
            condition = self._resolved(exp.select("1").where(where.copy())).args["where"].this
            self._run(exp.delete(self._target(declared), where=condition), declared)
        return count

    def unload(self, query: exp.Query, prefix: str, *, partition_by: Sequence[str] = ()) -> Unloaded:
        sql.check(query, "query")
        with self._spills.within(query) as whole:
            return self._unloaded(whole, prefix, partition_by)

    def snapshot(self, table: str) -> str:
        query = statements.latest_snapshot(self._target(writable(table)))
        rows = self._runner.rows(sql.to_athena(query), self._settings.workgroup)
        return "" if rows is None or not rows.num_rows else str(rows.column(0)[0].as_py() or "")

    def _answer(self, query: exp.Query) -> pa.Table:
        if not statements.has_nested_answer(query):
            answer = self._runner.rows(self._text(query), self._workgroup(query))
            if answer is not None:
                return answer
        with self._staging.scratch("answers") as prefix:
            unloaded = self._unloaded(query, prefix, ())
            parts = [pq.read_table(self._work.open(key)) for key in unloaded.files]
        return pa.concat_tables(parts) if parts else statements.empty_answer(query)

    def _unloaded(self, query: exp.Query, prefix: str, partition_by: Sequence[str]) -> Unloaded:
        folder = f"{prefix.strip('/')}/"
        self._work.delete(folder)
        target = f"s3://{self._settings.work_bucket}/{folder}"
        ordered = self._resolved(statements.partitions_last(query, partition_by))
        self._runner.run(statements.unload(ordered, target, partition_by), self._workgroup(query))
        return self._counted(prefix, folder)

    def _counted(self, prefix: str, folder: str) -> Unloaded:
        """Row counts from the footers of what was written; a file without rows is no file."""
        rows: dict[str, int] = {}
        files: list[str] = []
        for key in self._work.list(folder):
            with self._work.open(key) as stream:
                count = pq.ParquetFile(stream).metadata.num_rows
            if count:
                files.append(key)
                part = key.removeprefix(folder).rpartition("/")[0]
                rows[part] = rows.get(part, 0) + count
        return Unloaded(prefix, tuple(files), rows)

    def _merge(
        self,
        declared: Table,
        source: exp.Query,
        names: Sequence[str],
        checked: exp.Query | None,
        days: Span | None = None,
    ) -> Upserted:
        """Count first: rows that are there already change nothing and make no commit."""
        if checked is not None:
            sql.check(checked, declared.name)
        resolved = self._resolved(source)
        found = self._differences(declared, resolved, names, days)
        if found.inserted or found.updated:
            self._run(statements.merge(self._target(declared), declared, resolved, names, days), declared)
        return found

    def _differences(self, declared: Table, resolved: exp.Query, names: Sequence[str], days: Span | None) -> Upserted:
        query = statements.differences(self._target(declared), declared, resolved, names, days)
        found = self._runner.rows(sql.to_athena(query), self._group(declared))
        inserted, updated = statements.whole_numbers(found)
        return Upserted(inserted, updated)

    def _insert(self, declared: Table, source: exp.Query) -> exp.Expr:
        return statements.insert(self._target(declared), declared.names, self._resolved(source))

    def _count(self, statement: exp.Expr, declared: Table, source: exp.Query) -> int:
        sql.check(source, declared.name)
        return self._run(statement, declared)

    def _source(self, declared: Table, source: exp.Query) -> exp.Query:
        sql.check(source, declared.name)
        return self._resolved(statements.typed(declared, source))

    def _figures(self, query: exp.Query) -> tuple[int, ...]:
        return statements.whole_numbers(self._runner.rows(self._text(query), self._workgroup(query)))

    def _run(self, statement: exp.Expr, declared: Table) -> int:
        return self._runner.run(sql.to_athena(statement), self._group(declared))

    def _target(self, declared: Table) -> exp.Table:
        return self._names.table(declared)

    def _resolved(self, query: exp.Query) -> exp.Query:
        return self._names.resolve(sql.expand_views(query))

    def _text(self, query: exp.Query) -> str:
        return sql.to_athena(self._resolved(query))

    def _group(self, declared: Table) -> str:
        personal = declared.database == "pii"
        return self._settings.delivery_workgroup if personal else self._settings.workgroup

    def _workgroup(self, query: exp.Query) -> str:
        personal = reads_personal_data(query)
        return self._settings.delivery_workgroup if personal else self._settings.workgroup
