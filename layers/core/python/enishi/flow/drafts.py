"""From a recipient to a draft: decided and rendered, nothing claimed and nothing sent. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from enishi.channels.dispatch import Delivery, Fate, Item, of_entry
from enishi.channels.guard import violation
from enishi.channels.registry import spec
from enishi.clock import business_day
from enishi.consent.addresses import domain
from enishi.consent.caps import frequency_caps, once_a_step
from enishi.consent.reasons import RefusalReason
from enishi.content.outcome import Empty, Quarantined, Rendered
from enishi.decide.decision import Case, Decision, Holdout, Moment, Refuse, Send, decide
from enishi.decide.recipient import Recipient
from enishi.flow.sending import ReadyStep
from enishi.ports import Cap, Channel, Entry
from enishi.results.rows import Outcome, ResultRow

_OUTCOMES: Mapping[Fate, Outcome] = {
    Fate.ACCEPTED: Outcome.ACCEPTED,
    Fate.REFUSED: Outcome.REFUSED,
    Fate.UNKNOWN: Outcome.UNKNOWN,
    Fate.CAPPED: Outcome.SUPPRESSED,
}
_COSTS = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN})


@dataclass(frozen=True)
class Verdict:
    """A row's outcome and why."""

    outcome: Outcome
    reason: str = ""
    provider_id: str = ""


@dataclass(frozen=True)
class Draft:
    """A customer of the chunk: either `verdict` says what became of them, or `item` is to be sent."""

    recipient: Recipient = field(repr=False)
    decision: Decision
    send_id: str
    at: datetime
    channel: Channel | None = None
    rendered: Rendered | None = None
    verdict: Verdict | None = None
    item: Item | None = None


def draft(
    step: ReadyStep, recipient: Recipient, now: datetime, refusals: Mapping[Channel, str], entry: Entry | None
) -> Draft:
    """Decide and render one customer.

    A customer who has an `entry` in the ledger was decided before, by a worker that did not finish: that decision
    stands, whatever consents say by now, so that the message is not sent once more by another channel.
    """
    decision = _again(recipient, entry) or decide(Case(recipient, step.policy, Moment(step.planned, now), refusals))
    if isinstance(decision, Refuse):
        verdict = Verdict(Outcome.SUPPRESSED, decision.reason)
        return Draft(recipient, decision, step.send_id(recipient.customer_id, None), now, verdict=verdict)
    return _written(step, recipient, decision, entry.claimed_at if entry else now, entry)


def written_before(step: ReadyStep, recipient: Recipient, now: datetime) -> Draft:
    """A person who got this message under a record that was merged into them: not a second time."""
    decision = Refuse(RefusalReason.MERGED)
    verdict = Verdict(Outcome.SUPPRESSED, decision.reason)
    return Draft(recipient, decision, step.send_id(recipient.customer_id, None), now, verdict=verdict)


def _again(recipient: Recipient, entry: Entry | None) -> Send | None:
    if entry is None:
        return None
    return Send(entry.channel, recipient.contacts.get(entry.channel, ""), (entry.channel.value,))


def _written(
    step: ReadyStep, recipient: Recipient, decision: Send | Holdout, at: datetime, entry: Entry | None
) -> Draft:
    channel = decision.channel
    send_id = step.send_id(recipient.customer_id, channel)
    result = step.render(recipient, channel, send_id)
    rendered = result if isinstance(result, Rendered) else None
    item = _item(step, recipient, decision, send_id, rendered, at)
    verdict = _verdict(decision, result, item, entry)
    return Draft(
        recipient, decision, send_id, at, channel, rendered, verdict, item if verdict is None else None
    )  # fmt: skip


def _verdict(
    decision: Send | Holdout, result: Rendered | Quarantined | Empty, item: Item | None, entry: Entry | None
) -> Verdict | None:
    """What is final before anything is claimed; None when the item is to be delivered."""
    if entry is not None and item is None:
        return verdict_of(of_entry(entry))
    if isinstance(result, Quarantined):
        return Verdict(Outcome.QUARANTINED, result.reason)
    if isinstance(result, Empty):
        return Verdict(Outcome.SUPPRESSED, result.reason)
    if isinstance(decision, Holdout):
        return Verdict(Outcome.HOLDOUT)
    found = violation(item.message) if item is not None else None
    return Verdict(Outcome.QUARANTINED, found) if found else None


def _item(
    step: ReadyStep,
    recipient: Recipient,
    decision: Send | Holdout,
    send_id: str,
    rendered: Rendered | None,
    at: datetime,
) -> Item | None:
    if rendered is None or isinstance(decision, Holdout):
        return None
    message = rendered.message(send_id, decision.address, step.tags())
    return Item(message, recipient.customer_id, _caps(step, recipient, at))


def _caps(step: ReadyStep, recipient: Recipient, at: datetime) -> tuple[Cap, ...]:
    """The counters of the day and the week, and one message a step where several channels could send it.

    Of a person of several records, what went to all of them counts together.
    """
    person, aliases = recipient.customer_id, recipient.aliases
    caps = frequency_caps(step.settings, person, at, aliases)
    several = len(step.policy.channels) > 1
    return (once_a_step(step.run.id, step.step_id, person, aliases), *caps) if several else caps


def verdict_of(delivery: Delivery) -> Verdict | None:
    """What a delivery means for the row; None while another worker holds the message."""
    outcome = _OUTCOMES.get(delivery.fate)
    return Verdict(outcome, delivery.reason, delivery.provider_id) if outcome else None


def row_of(step: ReadyStep, draft: Draft, verdict: Verdict, chunk: int) -> ResultRow:
    """The result row of one customer."""
    coupon = _coupon(draft.recipient.blocks) if draft.rendered else {}
    return ResultRow(
        chunk=chunk,
        customer_id=draft.recipient.customer_id,
        message_id=draft.send_id,
        outcome=verdict.outcome,
        decided_at=draft.at.astimezone(UTC).replace(tzinfo=None),
        decided_date=business_day(draft.at, step.settings.tz),
        reason=verdict.reason or None,
        channel=draft.channel,
        channels_considered=draft.decision.considered,
        template_id=step.send.template,
        variant=draft.recipient.variant or None,
        subject=draft.rendered.title if draft.rendered else None,
        address_domain=_domain(draft),
        offer=offer_summary(draft.recipient.blocks) if draft.rendered else None,
        coupon_id=coupon.get("coupon_id"),
        coupon_code=coupon.get("code"),
        provider_id=verdict.provider_id or None,
        propensity=draft.decision.propensity,
        policy=draft.decision.policy,
        unit_cost=_cost(step, draft.channel, verdict.outcome),
    )


def offer_summary(blocks: Mapping[str, Any]) -> str:
    """The chosen items by block: the id of each, or all of an item that has none."""
    chosen = {name: [_identity(item) for item in items] for name, items in blocks.items() if items}
    return json.dumps(chosen, ensure_ascii=False, separators=(",", ":"), default=str)


def _identity(item: Mapping[str, Any]) -> Any:
    return next((value for key, value in item.items() if key.endswith("_id")), dict(item))


def _coupon(blocks: Mapping[str, Any]) -> Mapping[str, Any]:
    items = (item for found in blocks.values() for item in found)
    return next((item for item in items if "coupon_id" in item), {})


def _domain(draft: Draft) -> str | None:
    address = draft.recipient.contacts.get(draft.channel) if draft.channel else None
    return domain(draft.channel, address) if draft.channel and address else None


def _cost(step: ReadyStep, channel: Channel | None, outcome: Outcome) -> Any:
    return spec(channel).unit_cost(step.settings.currency) if channel and outcome in _COSTS else None
