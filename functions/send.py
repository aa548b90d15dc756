"""Decide, render, claim, send and settle one chunk."""

from functions.start import task

handler = task("send")
