"""Bring what is new in a retailer's database or bucket."""

from functions.start import task

handler = task("fetch")
