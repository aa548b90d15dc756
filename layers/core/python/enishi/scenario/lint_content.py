"""What a scenario's messages would look like, judged before anybody gets one.

Every template of every send is rendered with made-up blocks: once all of them, once only those that the send requires.
What would be quarantined, break the law on commercial mail, or carry a link that is not signed is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from enishi import offer
from enishi.content.links import LinkBook
from enishi.content.outcome import Quarantined, Rendered
from enishi.content.render import KINDS, MADE_UP, RESERVED, Sending, Templates, render
from enishi.decide.recipient import Recipient
from enishi.errors import EnishiError, TemplateError
from enishi.ports import Channel
from enishi.scenario.findings import Finding, Lint, Said
from enishi.scenario.library import SHARED, Definition
from enishi.scenario.model import SendStep
from enishi.settings import Settings

HREF = re.compile(r'(?:href|src)\s*=\s*["\']?([^"\'\s>]+)', re.IGNORECASE)
REMEDY = "Correct the template; docs/templates.md lists what it may use."
SAMPLE = Recipient("sample", display_name="見本", rank="GOLD", variant="A")


def content_findings(definition: Definition, settings: Settings, when: datetime) -> list[Finding]:
    """What the offer and the templates of `definition` do wrong; [] when every message may go out."""
    lint = Lint(definition, settings, when.astimezone(settings.tz).date())
    return [Finding("content", what, where, remedy) for what, where, remedy in _said(lint)]


def must_render(definition: Definition, settings: Settings, when: datetime) -> None:
    """Raises TemplateError with the first finding."""
    for finding in content_findings(definition, settings, when):
        raise TemplateError(finding.what, where=finding.where, remedy=finding.remedy)


def _said(lint: Lint) -> Said:
    for name in RESERVED & lint.scenario.offer.keys():
        yield f"the block {name!r} has the name of something else", lint.at("offer", name), "Call it something else."
    try:
        blocks = offer.load(lint.scenario.offer)
        templates = Templates(lint.definition.files)
    except EnishiError as error:
        yield error.what, error.where, error.remedy
        return
    samples = blocks.sample(offer.Finishing(b"sample", SAMPLE.customer_id))
    for step in lint.sends:
        for channel in step.send.channels:
            if templates.has(step.send.template, channel):
                yield from _messages(lint, templates, step, channel, samples)


def _messages(
    lint: Lint, templates: Templates, step: SendStep, channel: Channel, samples: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Findings on one template and channel, each once."""
    bare = {name: items if name in step.send.requires else [] for name, items in samples.items()}
    found: dict[tuple[str, str], None] = {}
    for blocks, own in ((samples, MADE_UP), (bare, {})):
        person = replace(SAMPLE, blocks=blocks, attributes=own)
        found |= dict.fromkeys(_faults(lint, templates, step, channel, person))
    folder = f"{lint.scenario.stage}/{lint.scenario.id}/"
    for what, where in found:
        yield what, where if where.startswith(SHARED) else folder + where, REMEDY


def _faults(
    lint: Lint, templates: Templates, step: SendStep, channel: Channel, person: Recipient
) -> Iterator[tuple[str, str]]:
    settings, place = lint.settings, f"{step.send.template}/{KINDS[channel].file}"
    links = LinkBook(b"sample", settings.tenant, settings.public_url)
    at = datetime.combine(lint.today, time(12), settings.tz).astimezone(UTC)
    sending = Sending("0" * 32, lint.scenario.id, step.id, at, step.send.requires)
    try:
        outcome = render(templates, links, step.send.template, channel, person, sending)
    except TemplateError as error:
        yield error.what, error.where
        return
    if isinstance(outcome, Quarantined):
        yield outcome.detail, outcome.where or place
    if isinstance(outcome, Rendered) and any(_is_foreign(link, links) for link in HREF.findall(outcome.html)):
        yield "a link of the mail is not signed: put `| link(...)` behind its address", place


def _is_foreign(link: str, links: LinkBook) -> bool:
    return not link.startswith((f"{links.base}/", "tel:", "mailto:", "#"))
