"""One query makes the immutable audience of a run."""

from functions.start import task

handler = task("select")
