"""Say which deliveries are missing."""

from functions.start import task

handler = task("import_due")
