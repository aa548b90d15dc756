"""Cut one part into chunk files."""

from functions.start import task

handler = task("cut")
