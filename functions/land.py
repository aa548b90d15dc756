"""Land each file of providers' events."""

from functions.start import dropped_files

handler = dropped_files("land")
