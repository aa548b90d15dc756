"""The scenarios that ship: each message of each renders, obeys the law, and carries signed links only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from enishi import offer
from enishi.content.links import LinkBook
from enishi.content.outcome import Outcome, Rendered
from enishi.content.render import Sending, Templates, render
from enishi.decide.recipient import Recipient
from enishi.errors import TemplateError
from enishi.ports import Channel
from enishi.scenario.library import Definition, Library
from enishi.scenario.lint_content import content_findings, must_render
from enishi.scenario.model import SendStep, walk
from enishi.settings import Settings

LIBRARY = Library((Path(__file__).parents[3] / "scenarios",))
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SEVEN = {
    "cart_abandonment",
    "points_expiry",
    "f2_conversion",
    "favourite_price_down",
    "research_steps",
    "season",
    "vip_coupon",
}


def sends(definition: Definition) -> list[tuple[SendStep, Channel]]:
    steps = [step for step in walk(definition.scenario.steps) if isinstance(step, SendStep)]
    return [(step, channel) for step in steps for channel in step.send.channels]


EVERY = [(name, step, channel) for name in sorted(SEVEN) for step, channel in sends(LIBRARY.read(name))]


def message(name: str, step: SendStep, channel: Channel) -> Outcome:
    definition = LIBRARY.read(name)
    blocks = offer.load(definition.scenario.offer).sample(offer.Finishing(b"k", "C1"))
    person = Recipient("C1", display_name="山田", variant="A", blocks=blocks)
    links = LinkBook(b"secret", "sample", "https://go.example.jp")
    sending = Sending("f" * 32, name, step.id, NOW, step.send.requires)
    return render(Templates(definition.bundle.files), links, step.send.template, channel, person, sending)


def test_the_seven_ship() -> None:
    assert set(LIBRARY.paths) >= SEVEN


@pytest.mark.parametrize("name", sorted(SEVEN))
def test_nothing_is_found_in_a_shipped_scenario(name: str) -> None:
    assert content_findings(LIBRARY.read(name), Settings(), NOW) == []


@pytest.mark.parametrize(("name", "step", "channel"), EVERY, ids=[f"{n}-{s.id}-{c}" for n, s, c in EVERY])
def test_every_message_renders_in_japanese(name: str, step: SendStep, channel: Channel) -> None:
    rendered = message(name, step, channel)
    assert isinstance(rendered, Rendered)
    assert re.search("[ぁ-ん]", rendered.title)
    assert "山田" not in rendered.title
    assert not re.search(r"<img|https?://(?!go\.example\.jp/)", rendered.html)
    assert len(rendered.html.encode()) < 100_000, "mail clients cut longer mails"


def test_a_template_with_an_undefined_variable_is_refused_with_file_line_and_remedy(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "scenarios"
    for path in [*(source / "_shared").rglob("*.*"), *(source / "research" / "cart_abandonment").rglob("*.*")]:
        target = tmp_path / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text("utf-8").replace("item.quantity", "item.quantitty"), encoding="utf-8")
    definition = Library((tmp_path,)).read("cart_abandonment")
    with pytest.raises(TemplateError) as refused:
        must_render(definition, Settings(), NOW)
    assert "quantitty" in refused.value.what
    assert refused.value.where == "research/cart_abandonment/pickup/mail.html.j2:12"
    assert refused.value.remedy.endswith(".")


def test_a_bare_link_is_refused(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "scenarios"
    for path in [*(source / "_shared").rglob("*.*"), *(source / "awareness" / "season").rglob("*.*")]:
        target = tmp_path / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text("utf-8").replace("{{ hello(name) }}", '<a href="https://x.example/">x</a>'))
    findings = content_findings(Library((tmp_path,)).read("season"), Settings(), NOW)
    assert [(finding.what[:15], finding.where) for finding in findings] == [
        ("a link of the m", "awareness/season/announce/mail.html.j2")
    ]
