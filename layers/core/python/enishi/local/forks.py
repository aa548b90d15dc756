"""Where worker processes come from. Light to import: it is asked for before what workers need is."""

from __future__ import annotations

from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.context import BaseContext

_PRELOADED = ["enishi.local.workers", "enishi.flow.arrive", "enishi.flow.prepare", "enishi.flow.send"]


def context() -> BaseContext:
    """New processes with nothing of this one's. Where the system can, what they import is imported once for all."""
    if not _can_fork():
        return get_context("spawn")
    found = get_context("forkserver")
    found.set_forkserver_preload(_PRELOADED)
    return found


def warm() -> None:
    """Let workers' imports begin now, on another core than this process's own; nothing where the system cannot."""
    if _can_fork():
        context()
        forkserver.ensure_running()


def _can_fork() -> bool:
    return "forkserver" in get_all_start_methods()
