"""Close a run."""

from functions.start import task

handler = task("close_run")
