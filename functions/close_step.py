"""Bring a step's results into the lake and prove its balance."""

from functions.start import task

handler = task("close_step")
