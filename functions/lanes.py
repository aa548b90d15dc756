"""Part a cohort by each customer's best hour."""

from functions.start import task

handler = task("lanes")
