"""What a customer, or nobody in particular, would be sent by a step now. Nothing is written, nothing goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlglot import exp

from enishi import offer
from enishi.content.links import LinkBook
from enishi.content.outcome import Empty, Outcome, Rendered
from enishi.content.render import MADE_UP, Sending, Templates, render
from enishi.decide.recipient import Recipient
from enishi.errors import RunError, TemplateError
from enishi.flow.cut import plain, recipient
from enishi.flow.prepare import Audience, recipients, send_step, standing_conditions, with_relations
from enishi.flow.step_blocks import blocks_of, reads_attributes
from enishi.lake import sql
from enishi.ports import Channel, Services
from enishi.scenario.library import Bundle
from enishi.scenario.model import Scenario, SendStep, walk
from enishi.segment.as_of import as_of
from enishi.segment.moment import Moment
from enishi.segment.store import library_for

LOOK_BACK = timedelta(days=1)
"""Exits and the goal are looked for in the day before."""
PREVIEWED = "preview"


def preview(
    services: Services,
    bundle: Bundle,
    step_id: str,
    channel: Channel,
    *,
    customer_id: str | None = None,
    at: datetime | None = None,
) -> Outcome:
    """The step's message on `channel` for a customer, or with made-up blocks when none is named.

    Raises:
        RunError: there is no such send step, or no such customer.
        TemplateError: the template cannot be used.
    """
    now = at or services.clock.now()
    scenario = bundle.scenario()
    step = send_step(scenario, step_id)
    known = library_for(services, *standing_conditions(scenario))
    asked = Audience(scenario, blocks_of(bundle, scenario, step), (), 1, reads_attributes(bundle, step), known)
    person = of_customer(services, asked, customer_id, now) if customer_id else of_nobody(services, asked)
    settings = services.settings
    links = LinkBook(settings.secret.get_secret_value().encode(), settings.tenant, settings.public_url)
    sending = Sending(PREVIEWED, bundle.id, step_id, now, step.send.requires)
    return render(Templates(bundle.files), links, step.send.template, channel, person, sending)


def first_send(scenario: Scenario) -> SendStep:
    """The first step that sends.

    Raises:
        RunError: none does.
    """
    sends = [step for step in walk(scenario.steps) if isinstance(step, SendStep)]
    if not sends:
        raise RunError("the scenario sends nothing", where=scenario.id, remedy="Add a send step.")
    return sends[0]


def shown(outcome: Outcome) -> Rendered:
    """The message, or why there is none as a TemplateError."""
    if isinstance(outcome, Rendered):
        return outcome
    if isinstance(outcome, Empty):
        raise TemplateError(f"there is nothing to say: {outcome.reason}", remedy="Preview it for another customer.")
    raise TemplateError(
        f"the message cannot be rendered: {outcome.reason}, {outcome.detail}",
        where=outcome.where,
        remedy="Correct the template; docs/templates.md lists what it may use.",
    )


def of_nobody(services: Services, asked: Audience) -> Recipient:
    """A made-up recipient with made-up blocks."""
    settings = services.settings
    blocks = asked.blocks.sample(offer.Finishing(b"sample", "sample"))
    person = Recipient("sample", zone=settings.zone, locale=settings.locale, variant="A", blocks=blocks)
    return replace(person, attributes=MADE_UP)


def of_customer(services: Services, asked: Audience, customer_id: str, at: datetime) -> Recipient:
    """The customer as the step's query would see them at `at`.

    Raises:
        RunError: there is no such customer.
    """
    settings = services.settings
    now = Moment.of(at, settings.tz, at - LOOK_BACK)
    query = with_relations(recipients(asked, now), {"cohort": _alone(customer_id)})
    rows = services.warehouse.query(as_of(query, now)).to_pylist()
    if not rows:
        raise RunError("there is no such customer", where=customer_id, remedy="Look the id up with `enishi sql`.")
    secret = settings.secret.get_secret_value().encode()
    return replace(recipient(plain(rows[0]), asked.blocks, secret, settings, "all"), variant="A")


def _alone(customer_id: str) -> exp.Select:
    """A cohort of one."""
    unknown = exp.cast(exp.null(), "varchar")
    facts = {"holdout": exp.false(), "entry_ref": unknown, "variant": unknown.copy()}
    columns = [exp.alias_(value, name) for name, value in facts.items()]
    person = exp.alias_(sql.column("i", "person_id"), "customer_id")
    same = exp.EQ(this=sql.column("i", "customer_id"), expression=sql.literal(customer_id))
    return exp.select(person, *columns).from_(sql.table_ref("v_identity", "i")).where(same)
