"""Part a cohort by conditions."""

from functions.start import task

handler = task("branch")
