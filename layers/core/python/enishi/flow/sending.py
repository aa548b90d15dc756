"""A send step made ready once for a chunk: its frozen scenario, compiled templates, links and policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from enishi import ids
from enishi.consent.quiet import quiet_hours
from enishi.content.links import LinkBook
from enishi.content.outcome import Outcome
from enishi.content.render import Sending, Templates, render
from enishi.decide.decision import Policy
from enishi.decide.recipient import Recipient
from enishi.errors import RunError
from enishi.flow.bundles import key
from enishi.flow.payload import Run
from enishi.ports import Channel, Services
from enishi.results.breaker import is_stopped
from enishi.scenario.library import Bundle
from enishi.scenario.model import Scenario, Send, SendStep, walk
from enishi.settings import Settings

NO_CHANNEL = "none"
"""Stands for the channel in the id of a row that no channel could take."""


@dataclass(frozen=True)
class ReadyStep:
    """Everything about a step that does not depend on the customer."""

    settings: Settings
    run: Run
    step_id: str
    send: Send
    planned: datetime
    templates: Templates = field(repr=False)
    links: LinkBook = field(repr=False)
    policy: Policy = field(repr=False)

    def send_id(self, customer_id: str, channel: Channel | None) -> str:
        """The message's id: the same on every try."""
        key = self.settings.secret.get_secret_value().encode()
        parts = (self.settings.tenant, self.run.version, self.run.id, self.step_id, customer_id)
        return ids.send_id(key, *parts, channel.value if channel else NO_CHANNEL)

    def tags(self) -> Mapping[str, str]:
        """Labels that providers hand back with every event."""
        return {"scenario": self.run.scenario, "step": self.step_id, "run": self.run.id}

    def render(self, recipient: Recipient, channel: Channel, send_id: str) -> Outcome:
        sending = Sending(send_id, self.run.scenario, self.step_id, self.planned, self.send.requires)
        return render(self.templates, self.links, self.send.template, channel, recipient, sending)


def ready(services: Services, run: Run, step_id: str, planned: datetime) -> ReadyStep:
    """The step as the run's own version of the scenario says it.

    Raises:
        RunError: the version has no such send step.
        TemplateError: its brand file cannot be used.
    """
    settings = services.settings
    scenario, templates = _opened(services.work.get(key(run.scenario, run.version)))
    step = next((step for step in walk(scenario.steps) if step.id == step_id), None)
    if not isinstance(step, SendStep):
        where = f"{run.scenario} {run.version}"
        raise RunError(f"there is no send step {step_id}", where=where, remedy="Start the run as its machine does.")
    links = LinkBook(settings.secret.get_secret_value().encode(), settings.tenant, settings.public_url)
    policy = _policy(services, run, step.send, templates)
    return ReadyStep(settings, run, step_id, step.send, planned, templates, links, policy)


@lru_cache(maxsize=16)
def _opened(bundle: bytes) -> tuple[Scenario, Templates]:
    """A bundle read and compiled; a worker sends many chunks of one version, and a version never changes."""
    opened = Bundle.from_json(bundle)
    return opened.scenario(), Templates(opened.files)


def _policy(services: Services, run: Run, send: Send, templates: Templates) -> Policy:
    return Policy(
        channels=send.channels,
        templates=frozenset(channel for channel in send.channels if templates.has(send.template, channel)),
        quiet=quiet_hours(services.settings),
        zone=services.settings.tz,
        useful_for=send.useful_for,
        stopped=is_stopped(services.work, run.id),
    )
