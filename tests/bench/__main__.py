"""`make bench`: assembling a mail by hand against the standard library; loading a CSV against DuckDB's own copy;
a million records becoming people; questions about purchases against a naive query and the scan limit.

Prints tables and keeps the figures in build/bench.json. CPU seconds; of the mail the best of several rounds.
`--full` asks the questions of 12,000,000 customers and 200,000,000 lines.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from rich.console import Console
from rich.table import Table

from enishi.channels.mime import mail_bytes
from enishi.ports import Channel, Message
from tests.bench import identity, ingest, questions

ROUNDS = 5
MAILS = 200
AT = datetime(2026, 11, 21, 1, tzinfo=UTC)
SENDER = "Enishi <no-reply@mail.example.jp>"


def message() -> Message:
    page = "<p>" + "いつもご利用いただき、ありがとうございます。" * 80 + "</p>"
    return Message("s1", Channel.MAIL, "someone@example.jp", "季節のご案内", page, page[3:-4])


def by_hand() -> None:
    mail = message()
    for _ in range(MAILS):
        mail_bytes(mail, SENDER, AT, "s1@mail.example.jp")


def by_library() -> None:
    mail = message()
    for _ in range(MAILS):
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = SENDER, mail.address, mail.subject
        letter.set_content(mail.text)
        letter.add_alternative(mail.html, subtype="html")
        letter.as_bytes()


def best(work: Callable[[], None]) -> float:
    """CPU seconds of one mail, the best of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent) / MAILS


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    scale = questions.FULL if options.parse_args().full else questions.USUAL
    ours, theirs = best(by_hand), best(by_library)
    figures: dict[str, object] = {"mime_by_hand_s": ours, "mime_email_message_s": theirs, "mime_ratio": theirs / ours}
    loads = ingest.bench(ingest.LINES)
    people = identity.bench(identity.RECORDS)
    asked = questions.bench(scale)
    figures |= ingest.figures(loads) | identity.figures(people) | questions.figures(asked)
    table = Table("what", "CPU s a mail", "ratio")
    table.add_row("EmailMessage", f"{theirs:.6f}", "1")
    table.add_row("assembled by hand", f"{ours:.6f}", f"{theirs / ours:.1f}× faster")
    Console(width=160).print(table, ingest.report(loads), identity.report(people), questions.report(asked, scale))
    out = Path("build") / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(figures, indent=2), encoding="utf-8")


main()
