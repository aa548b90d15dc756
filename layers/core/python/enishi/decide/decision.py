"""What to do with one customer at one send step: Send, Refuse with a reason, or Holdout. Pure.

The order of the guards: those on the person (exit, goal, lateness, circuit breaker), then those on each channel in
the order of preference (template, contact, address, consent, suppression, quiet hours), and the holdout last. A holdout
customer passes the same guards as one who is sent to; whoever would not have been sent to anyway is refused, not held
out. So the two arms differ in the sending alone, and the increment is not thinned by unreachable people.
Frequency caps are not asked here: they are taken with the claim (`enishi.channels.dispatch`), in one atomic step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from enishi.consent.addresses import is_sane
from enishi.consent.quiet import QuietHours
from enishi.consent.reasons import RefusalReason
from enishi.decide.recipient import Recipient
from enishi.ports import Channel

RULE = "rule:v1"
"""The policy that chooses the first allowed channel; its propensity is always 1."""


@dataclass(frozen=True)
class Policy:
    """What a send step and the environment say about sending."""

    channels: tuple[Channel, ...]
    """In order of preference."""
    templates: frozenset[Channel]
    """Channels for which the step's template exists."""
    quiet: QuietHours
    zone: ZoneInfo
    """For customers whose own zone is unknown."""
    useful_for: timedelta | None = None
    stopped: bool = False
    """The circuit breaker stopped the run."""


@dataclass(frozen=True)
class Moment:
    """The planned present of the step, and the clock's."""

    planned: datetime
    now: datetime


@dataclass(frozen=True)
class Send:
    channel: Channel
    address: str = field(repr=False)
    considered: tuple[str, ...] = ()
    propensity: float = 1.0
    policy: str = RULE


@dataclass(frozen=True)
class Holdout:
    """Would have been sent to by `channel`; is not, to measure what sending changes."""

    channel: Channel
    considered: tuple[str, ...] = ()
    propensity: float = 1.0
    policy: str = RULE


@dataclass(frozen=True)
class Refuse:
    reason: str
    """A `RefusalReason`, or the reason that the permission record holds."""
    considered: tuple[str, ...] = ()
    """Channels in order, `channel:reason` for each that was refused."""
    propensity: float = 1.0
    policy: str = RULE


Decision = Send | Holdout | Refuse


@dataclass(frozen=True)
class Case:
    """Everything that a guard may look at."""

    recipient: Recipient
    policy: Policy
    moment: Moment
    refusals: Mapping[Channel, str]
    """Channel → why the permission record says no to this customer; absent = it does not."""


PersonGuard = Callable[[Case], str | None]
ChannelGuard = Callable[[Case, Channel], str | None]


def decide(case: Case) -> Decision:
    """The decision on one customer; see the module for the order of the guards."""
    for guard in PERSON_GUARDS:
        if reason := guard(case):
            return Refuse(reason)
    refused: list[tuple[int, str]] = []
    considered: list[str] = []
    for channel in case.policy.channels:
        strength, reason = _refusal(case, channel)
        if reason is None:
            return _chosen(case, channel, (*considered, channel.value))
        considered.append(f"{channel.value}:{reason}")
        refused.append((strength, reason))
    return Refuse(_nearest(refused), tuple(considered))


def _chosen(case: Case, channel: Channel, considered: tuple[str, ...]) -> Send | Holdout:
    if case.recipient.holdout:
        return Holdout(channel, considered)
    return Send(channel, case.recipient.contacts[channel], considered)


def _refusal(case: Case, channel: Channel) -> tuple[int, str | None]:
    """Position of the guard that refuses and its reason; (the number of guards, None) when none does."""
    for position, guard in enumerate(CHANNEL_GUARDS):
        if reason := guard(case, channel):
            return position, reason
    return len(CHANNEL_GUARDS), None


def _nearest(refused: list[tuple[int, str]]) -> str:
    """The reason of the channel that came nearest to sending; of equals the preferred one."""
    return max(refused, key=lambda pair: pair[0])[1]


def _exited(case: Case) -> str | None:
    return RefusalReason.EXITED if case.recipient.exited is not None else None


def _goal_reached(case: Case) -> str | None:
    return RefusalReason.GOAL_REACHED if case.recipient.goal_reached else None


def _late(case: Case) -> str | None:
    useful_for = case.policy.useful_for
    if useful_for is None or case.moment.now <= case.moment.planned + useful_for:
        return None
    return RefusalReason.LATE


def _circuit_open(case: Case) -> str | None:
    return RefusalReason.CIRCUIT_OPEN if case.policy.stopped else None


def _no_template(case: Case, channel: Channel) -> str | None:
    return None if channel in case.policy.templates else RefusalReason.NO_TEMPLATE


def _no_contact(case: Case, channel: Channel) -> str | None:
    return None if case.recipient.contacts.get(channel) else RefusalReason.NO_CONTACT


def _bad_address(case: Case, channel: Channel) -> str | None:
    return None if is_sane(channel, case.recipient.contacts[channel]) else RefusalReason.BAD_ADDRESS


def _no_consent(case: Case, channel: Channel) -> str | None:
    consent = case.recipient.consents.get(channel)
    if consent is None:
        return RefusalReason.NO_CONSENT
    return None if consent else RefusalReason.OPT_OUT


def _suppressed(case: Case, channel: Channel) -> str | None:
    return case.refusals.get(channel)


def _quiet_hours(case: Case, channel: Channel) -> str | None:  # noqa: ARG001 - the window is one for all channels
    zone = _zone(case.recipient.zone) or case.policy.zone
    return RefusalReason.QUIET_HOURS if case.policy.quiet.holds(case.moment.now, zone) else None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


PERSON_GUARDS: tuple[PersonGuard, ...] = (_exited, _goal_reached, _late, _circuit_open)
CHANNEL_GUARDS: tuple[ChannelGuard, ...] = (
    _no_template,
    _no_contact,
    _bad_address,
    _no_consent,
    _suppressed,
    _quiet_hours,
)
