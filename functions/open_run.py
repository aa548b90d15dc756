"""Take the run of a slot and freeze its scenario version."""

from functions.start import task

handler = task("open_run")
