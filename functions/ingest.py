"""Load each file that was dropped into the raw bucket."""

from functions.start import dropped_files

handler = dropped_files("ingest")
