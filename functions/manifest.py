"""List the chunks for the distributed map."""

from functions.start import task

handler = task("manifest")
