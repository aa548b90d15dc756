"""A small bundle of templates, and people to render for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from enishi.content.links import LinkBook
from enishi.content.outcome import Outcome
from enishi.content.render import Sending, Templates, render
from enishi.decide.recipient import Recipient
from enishi.ports import Channel

SHARED = Path(__file__).parents[3] / "scenarios" / "_shared"
BOOK = LinkBook(b"secret", "sample", "https://go.example.jp")
AT = datetime(2026, 11, 21, 1, tzinfo=UTC)
Rendering = Callable[..., Outcome]


def shared_files() -> dict[str, str]:
    """The layouts, blocks and brand that ship."""
    return {f"_shared/{path.relative_to(SHARED).as_posix()}": path.read_text("utf-8") for path in SHARED.rglob("*.*")}


def mail_of(content: str, subject: str = "件名") -> str:
    """A mail template with this content block and subject."""
    return (
        '{% extends "_shared/layouts/mail.html.j2" %}'
        f"{{% block subject %}}{subject}{{% endblock %}}{{% block content %}}{content}{{% endblock %}}"
    )


@pytest.fixture
def rendered() -> Rendering:
    """Render one template text on a channel for somebody with these blocks."""

    def call(
        source: str,
        channel: Channel = Channel.MAIL,
        blocks: Mapping[str, Any] | None = None,
        requires: tuple[str, ...] = (),
        files: Mapping[str, str] | None = None,
        **person: Any,
    ) -> Outcome:
        name = {Channel.MAIL: "mail.html.j2", Channel.LINE: "line.json.j2", Channel.PUSH: "push.json.j2"}[channel]
        templates = Templates({**shared_files(), f"t/{name}": source, **(files or {})})
        recipient = Recipient("C1", **{"display_name": "山田", **person}, blocks=blocks or {})
        return render(templates, BOOK, "t", channel, recipient, Sending("f" * 32, "s", "s1", AT, requires))

    return call
