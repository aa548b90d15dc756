"""Part a cohort by shares."""

from functions.start import task

handler = task("split")
