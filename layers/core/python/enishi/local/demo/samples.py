"""One message of each scenario, step and channel as a page that any browser shows; the outbox keeps the originals."""

from __future__ import annotations

import email
import email.policy
import html
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from enishi.local.demo.summary import index

FOLDER = "samples"
_CARD = (
    '<!doctype html><html lang="ja"><meta charset="utf-8"><title>{title}</title>'
    '<body style="background:#8fa6c4;font:15px/1.7 sans-serif;padding:32px"><div style="max-width:340px;margin:auto">'
    "{cards}</div></body></html>"
)
_BUBBLE = (
    '<div style="background:#fff;border-radius:14px;padding:14px 18px;margin:0 0 12px;white-space:pre-wrap">'
    "{text}</div>"
)


def write_samples(home: Path) -> dict[str, list[tuple[str, str]]]:
    """Write `<home>/samples/`; scenario → (label, link relative to the home)."""
    first: dict[tuple[str, str, str], str] = {}
    for note in index(home):
        first.setdefault((note["scenario"], note["step"], note["channel"]), note["path"])
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for (scenario, step, channel), path in first.items():
        page = Path(FOLDER) / f"{scenario}-{step}-{channel}.html"
        (home / FOLDER).mkdir(parents=True, exist_ok=True)
        (home / page).write_text(_page(home / "outbox" / path), encoding="utf-8")
        found[scenario].append((f"{step} {channel}", page.as_posix()))
    return dict(found)


def _page(path: Path) -> str:
    return _mail(path) if path.suffix == ".eml" else _bubbles(path)


def _mail(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("html", "plain"))
    return str(body.get_content()) if body else ""


def _bubbles(path: Path) -> str:
    document = json.loads(path.read_text(encoding="utf-8"))
    cards = "".join(_BUBBLE.format(text=html.escape(text)) for text in _texts(document))
    return _CARD.format(title=html.escape(path.stem), cards=cards)


def _texts(document: dict[str, Any]) -> list[str]:
    """What a person reads of a LINE message list or of a push notification: a bubble each."""
    parts = document.get("messages", [document])
    return ["\n".join(dict.fromkeys(_words(part))) for part in parts]


def _words(part: Any) -> list[str]:
    """The texts inside a part, in order; a flex message's alternative text stands for what old phones show only."""
    match part:
        case {"type": "text", "text": str(text)}:
            return [text]
        case dict():
            own = [part[key] for key in ("title", "body", "label") if isinstance(part.get(key), str)]
            return own + [word for value in part.values() if isinstance(value, dict | list) for word in _words(value)]
        case list():
            return [word for value in part for word in _words(value)]
        case _:
            return []
