"""Credit orders to messages."""

from functions.start import task

handler = task("attribute")
