"""Write a file for the core system."""

from functions.start import task

handler = task("write_back")
