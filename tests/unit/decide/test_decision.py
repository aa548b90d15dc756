from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from enishi.consent.quiet import QuietHours
from enishi.decide.decision import Case, Holdout, Moment, Policy, Refuse, Send, decide
from enishi.decide.recipient import Recipient
from enishi.ports import Channel

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)
NIGHT = datetime(2026, 11, 21, 13, tzinfo=UTC)  # 22:00 in Tokyo
MAIL, LINE, PUSH = Channel.MAIL, Channel.LINE, Channel.PUSH

HANAKO = Recipient(
    customer_id="C1",
    contacts={MAIL: "hanako@example.jp", LINE: "U" + "0a" * 16},
    consents={MAIL: True, LINE: True},
)
POLICY = Policy(
    channels=(PUSH, LINE, MAIL),
    templates=frozenset({PUSH, LINE, MAIL}),
    quiet=QuietHours(time(21), time(8)),
    zone=ZoneInfo("Asia/Tokyo"),
)


def case(
    recipient: Recipient = HANAKO,
    policy: Policy = POLICY,
    now: datetime = NOON,
    planned: datetime = NOON,
    refusals: dict[Channel, str] | None = None,
) -> Case:
    return Case(recipient, policy, Moment(planned, now), refusals or {})


def test_the_first_channel_that_passes_is_chosen_and_the_others_are_remembered() -> None:
    decision = decide(case())
    assert decision == Send(LINE, "U" + "0a" * 16, ("push:no_contact", "line"))
    assert (decision.propensity, decision.policy) == (1.0, "rule:v1")


def test_a_refused_channel_falls_back_to_the_next() -> None:
    decision = decide(case(refusals={LINE: "blocked"}))
    assert decision == Send(MAIL, "hanako@example.jp", ("push:no_contact", "line:blocked", "mail"))


@pytest.mark.parametrize(
    ("recipient", "reason", "considered"),
    [
        (replace(HANAKO, contacts={}), "no_contact", ("mail:no_contact",)),
        (replace(HANAKO, consents={}), "no_consent", ("mail:no_consent",)),
        (replace(HANAKO, consents={MAIL: False}), "opt_out", ("mail:opt_out",)),
        (replace(HANAKO, contacts={MAIL: "a@b.jp\r\nBcc: c@d.jp"}), "bad_address", ("mail:bad_address",)),
        (replace(HANAKO, exited="bought"), "exited", ()),
        (replace(HANAKO, goal_reached=True), "goal_reached", ()),
    ],
)
def test_each_guard_refuses_with_its_reason(recipient: Recipient, reason: str, considered: tuple[str, ...]) -> None:
    assert decide(case(recipient, replace(POLICY, channels=(MAIL,)))) == Refuse(reason, considered)


@pytest.mark.parametrize("reason", ["opt_out", "bounce", "complaint", "blocked"])
def test_the_permission_record_is_newer_than_the_consent(reason: str) -> None:
    assert decide(case(policy=replace(POLICY, channels=(MAIL,)), refusals={MAIL: reason})) == Refuse(
        reason, (f"mail:{reason}",)
    )


def test_nothing_goes_out_at_night_in_the_customers_zone() -> None:
    assert isinstance(decide(case(now=NIGHT, planned=NIGHT)), Refuse)
    abroad = replace(HANAKO, zone="America/New_York")  # 08:00 there
    assert isinstance(decide(case(abroad, now=NIGHT, planned=NIGHT)), Send)
    assert isinstance(decide(case(replace(HANAKO, zone="Mars/Base"), now=NIGHT, planned=NIGHT)), Refuse)


def test_a_late_message_is_not_sent() -> None:
    policy = replace(POLICY, useful_for=timedelta(hours=2))
    assert isinstance(decide(case(policy=policy, now=NOON + timedelta(hours=2))), Send)
    assert decide(case(policy=policy, now=NOON + timedelta(hours=2, seconds=1))) == Refuse("late")


def test_a_channel_without_a_template_is_passed_over() -> None:
    decision = decide(case(policy=replace(POLICY, templates=frozenset({MAIL}))))
    assert decision == Send(MAIL, "hanako@example.jp", ("push:no_template", "line:no_template", "mail"))


def test_a_refusal_names_what_came_nearest_to_sending() -> None:
    recipient = replace(HANAKO, consents={MAIL: False, LINE: True})
    decision = decide(case(recipient, refusals={LINE: "blocked"}))
    assert decision == Refuse("blocked", ("push:no_contact", "line:blocked", "mail:opt_out"))


def test_a_holdout_passes_the_same_guards_as_the_others() -> None:
    held = replace(HANAKO, holdout=True)
    assert decide(case(held)) == Holdout(LINE, ("push:no_contact", "line"))
    assert decide(case(replace(held, exited="bought"))) == Refuse("exited")
    assert isinstance(decide(case(replace(held, contacts={}))), Refuse)
    assert isinstance(decide(case(held, now=NIGHT, planned=NIGHT)), Refuse)
