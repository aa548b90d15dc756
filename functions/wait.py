"""Say until when a cohort waits."""

from functions.start import task

handler = task("wait")
