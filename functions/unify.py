"""Find which ids are one person."""

from functions.start import task

handler = task("unify")
