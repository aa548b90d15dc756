"""Bring arms together where they meet."""

from functions.start import task

handler = task("join")
