"""How answers are printed: a table for people, JSON and CSV for scripts."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text, TextType

from enishi.cli.context import Session
from enishi.errors import SettingsError

Row = Mapping[str, Any]


def show(
    session: Session,
    rows: Sequence[Row],
    *,
    title: str = "",
    format: str | None = None,
    columns: Sequence[str] | None = None,
) -> None:
    """Print `rows` in the asked format; `columns` fixes the order and the header of an empty answer."""
    name = format or session.format
    if name not in WRITERS:
        raise SettingsError(
            f"there is no format {name!r}", where="--format", remedy=f"Use one of {', '.join(WRITERS)}."
        )
    WRITERS[name](session, rows, title, list(columns or _columns(rows)))


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _table(session: Session, rows: Sequence[Row], title: str, columns: list[str]) -> None:
    heading = Text(title, style="table.title") if title else None  # an address has brackets, which are no markup
    table = Table(title=heading, title_justify="left", header_style="bold", caption=_caption(rows))
    for name in columns:
        table.add_column(name, justify="right" if _numeric(rows, name) else "left", no_wrap=True)
    for row in rows:
        table.add_row(*[escape(_text(row.get(name))) for name in columns])
    print_whole(session.console, table, _records(rows, columns))


Record = Sequence[tuple[str, str]]
"""One row as pairs of header and text."""


def _records(rows: Sequence[Row], columns: list[str]) -> list[Record]:
    return [[(name, _text(row.get(name))) for name in columns] for row in rows]


def print_whole(console: Console, table: Table, records: Sequence[Record]) -> None:
    """Nothing is cut: an answer wider than the terminal is printed as one record after the other."""
    needed = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    if needed <= console.width:
        console.print(table)
    elif not console.is_terminal:
        Console(file=console.file, width=needed).print(table)
    else:
        _print_records(console, table.title, records)


def _print_records(console: Console, title: TextType | None, records: Sequence[Record]) -> None:
    names = max((cell_len(name) for record in records for name, _ in record), default=0)
    if title:
        console.print(title, style="italic")
    for number, record in enumerate(records, 1):
        console.rule(f"{number} of {len(records)}", align="left", style="dim")
        for name, text in record:
            console.print(f"[bold]{escape(name)}[/bold]{' ' * (names - cell_len(name))}  {escape(text)}")


def _caption(rows: Sequence[Row]) -> str | None:
    return None if rows else "no rows"


def _numeric(rows: Sequence[Row], name: str) -> bool:
    values = [row.get(name) for row in rows if row.get(name) is not None]
    return bool(values) and all(isinstance(value, int | float | Decimal) for value in values)


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case Decimal():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.2f}"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=plain)
        case _:
            return str(value)


def plain(value: Any) -> Any:
    """JSON's fallback: dates as ISO text, money as a number without loss where JSON has one."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _json(_session: Session, rows: Sequence[Row], _title: str, columns: list[str]) -> None:
    ordered = [{name: row.get(name) for name in columns} for row in rows]
    sys.stdout.write(json.dumps(ordered, ensure_ascii=False, indent=2, default=plain) + "\n")


def _csv(_session: Session, rows: Sequence[Row], _title: str, columns: list[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in columns])
    sys.stdout.write(text.getvalue())


WRITERS: dict[str, Callable[[Session, Sequence[Row], str, list[str]], None]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
}
