"""Processes that perform tasks of one workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from enishi.clock import from_text
from enishi.errors import NotSupportedError
from enishi.local.workers import Workers
from enishi.settings import from_environment

AT = from_text("2026-11-21T00:00:00Z")
SECONDS = 30

_PARENT = """
import multiprocessing, sys, time
from pathlib import Path
from enishi.clock import from_text
from enishi.local.workers import Workers
from enishi.settings import from_environment

if __name__ == "__main__":
    with Workers(from_environment(home=Path(sys.argv[1])), 1) as workers:
        workers.perform("no_such_task", {}, from_text("2026-11-21T00:00:00Z")).exception()
        print(multiprocessing.active_children()[0].pid, flush=True)
        time.sleep(600)
"""


def test_what_a_task_says_comes_back_whole(tmp_path: Path) -> None:
    with Workers(from_environment(home=tmp_path), 1) as workers:
        raised = workers.perform("no_such_task", {}, AT).exception(timeout=SECONDS)
    assert isinstance(raised, NotSupportedError)
    assert (raised.what, raised.remedy.split(",")[0]) == ("there is no task 'no_such_task'", "Tasks are open_run")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_worker_does_not_outlive_the_process_that_started_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen([sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + SECONDS
    while _lives(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _lives(worker)


def _lives(process: int) -> bool:
    try:
        os.kill(process, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{process}/stat").exists() or Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
