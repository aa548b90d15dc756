"""`python -m tests.unit.ingest.bad_files` writes docs/bad-files.md."""

from tests.unit.ingest.bad_files.page import PAGE, text

PAGE.write_text(text(), "utf-8")
