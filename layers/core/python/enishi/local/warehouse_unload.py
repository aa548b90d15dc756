"""UNLOAD on a laptop: an answer as Parquet files under the work folder."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from enishi.errors import LakeError
from enishi.ports import Unloaded

_LEVEL = 1
"""Of zstd: a quarter less CPU than its usual level, for files as large."""


def unload(
    cursor: duckdb.DuckDBPyConnection, text: str, root: Path, prefix: str, partition_by: Sequence[str]
) -> Unloaded:
    """Run `text` and write its answer under `root/prefix`, one hive folder for each value of `partition_by`.

    Raises:
        LakeError: `prefix` is empty or leaves the work folder.
    """
    folder = _folder(root, prefix)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = cursor.execute(_copy(text, folder, partition_by)).fetchall()
    counts = {Path(str(row[0])): int(row[1]) for row in written}
    for path in [path for path, count in counts.items() if count == 0]:
        path.unlink()
        del counts[path]
    return _unloaded(root, prefix, folder, counts)


def _folder(root: Path, prefix: str) -> Path:
    folder = (root / prefix).resolve()
    if folder == root.resolve() or not folder.is_relative_to(root.resolve()):
        raise LakeError(
            "an unload needs a folder inside the work store", where=prefix, remedy="Give a relative prefix."
        )
    return folder


def _copy(text: str, folder: Path, partition_by: Sequence[str]) -> str:
    """DuckDB's COPY around a translated query; the two values in it are quoted."""
    target = folder if partition_by else folder / "part-0.parquet"
    options = ["FORMAT parquet", "COMPRESSION zstd", f"COMPRESSION_LEVEL {_LEVEL}", "RETURN_STATS"]
    if partition_by:
        columns = ", ".join(exp.to_identifier(name, quoted=True).sql(dialect="duckdb") for name in partition_by)
        options.append(f"PARTITION_BY ({columns})")
    return f"COPY ({text}) TO {exp.Literal.string(str(target)).sql(dialect='duckdb')} ({', '.join(options)})"


def _unloaded(root: Path, prefix: str, folder: Path, counts: dict[Path, int]) -> Unloaded:
    rows: Counter[str] = Counter()
    for path, count in counts.items():
        rows[path.parent.resolve().relative_to(folder).as_posix().removeprefix(".")] += count
    files = sorted(path.resolve().relative_to(root.resolve()).as_posix() for path in counts)
    return Unloaded(prefix, tuple(files), dict(rows))
