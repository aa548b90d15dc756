"""What does not fit in memory lies inside the workspace, and not for longer than its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from enishi.errors import QueryError, SettingsError
from enishi.lake.sql import parse
from enishi.local.warehouse import LocalWarehouse
from enishi.local.warehouse_spill import SpillFolder
from enishi.settings import Settings, from_environment

KILLED = """
import os, signal, sys
from pathlib import Path
from enishi.local.warehouse_spill import SpillFolder
folder = SpillFolder(Path(sys.argv[1]))
(folder.path / "rows.tmp").write_bytes(b"x")
os.kill(os.getpid(), signal.SIGKILL)
"""


def spilled(home: Path) -> list[Path]:
    return [path for path in (home / "tmp").iterdir() if path.is_dir()]


def test_the_engine_spills_into_the_workspace_and_leaves_nothing(tmp_path: Path) -> None:
    warehouse = LocalWarehouse(tmp_path, Settings())
    with warehouse._engine.cursor() as cursor:
        [(said,)] = cursor.execute("SELECT current_setting('temp_directory')").fetchall()
    assert spilled(tmp_path) == [Path(said)]
    warehouse.close()
    assert spilled(tmp_path) == []


def test_what_the_memory_does_not_hold_is_spilled_and_answered(tmp_path: Path) -> None:
    """A million names of 70 letters are sorted and counted in 64 MB: 70 MB of letters alone."""
    warehouse = LocalWarehouse(tmp_path, Settings(engine_memory="64MB"))
    counted = """
        SELECT COUNT(*), MIN(place) FROM (
          SELECT name, ROW_NUMBER() OVER (ORDER BY name) AS place
          FROM (SELECT DISTINCT repeat(CAST(i % 1000000 + 1000000 AS VARCHAR), 10) AS name FROM range(2000000) AS n(i))
        )
    """
    with warehouse._engine.cursor() as cursor:
        assert cursor.execute(counted).fetchall() == [(1_000_000, 1)]
    warehouse.close()


def test_what_cannot_be_spilled_says_how_to_give_more(tmp_path: Path) -> None:
    """One list of four million numbers of eight bytes."""
    one_list = """
        SELECT ARRAY_AGG(a.n * b.n) AS found
        FROM UNNEST(SEQUENCE(1, 2000)) AS a(n)
        CROSS JOIN UNNEST(SEQUENCE(1, 2000)) AS b(n)
    """
    warehouse = LocalWarehouse(tmp_path, Settings(engine_memory="32MB"))
    with pytest.raises(QueryError, match=r"needs more than the 32MB .*ENISHI_ENGINE_MEMORY"):
        warehouse.query(parse(one_list, "here"))
    warehouse.close()


def test_a_memory_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="ENISHI_ENGINE_MEMORY"):
        from_environment({"ENISHI_ENGINE_MEMORY": "plenty"})


def test_two_at_once_have_a_folder_each(tmp_path: Path) -> None:
    first, second = SpillFolder(tmp_path), SpillFolder(tmp_path)
    assert sorted(spilled(tmp_path)) == sorted([first.path, second.path])
    first.remove()
    assert spilled(tmp_path) == [second.path]
    second.remove()


def test_the_folder_of_a_killed_process_is_swept(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    [left] = spilled(tmp_path)
    assert [path.name for path in left.glob("*.tmp")] == ["rows.tmp"]
    folder = SpillFolder(tmp_path)
    assert spilled(tmp_path) == [folder.path]
    folder.remove()
