"""Write who is to get a message, and with what, as parts."""

from functions.start import task

handler = task("prepare")
