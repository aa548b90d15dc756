"""A provider's first step: keep back what must not go out, and put the receipts in order again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enishi.ports import Message, Receipt, Refused

Unfit = Callable[[Message], Refused | None]
Call = Callable[[Sequence[Message]], list[Receipt]]


def sound_only(messages: Sequence[Message], unfit: Unfit, call: Call) -> list[Receipt]:
    """One receipt a message, in order: ours for the unfit ones, `call`'s for the others."""
    refusals = [unfit(message) for message in messages]
    sound = [message for message, refusal in zip(messages, refusals, strict=True) if refusal is None]
    answers = iter(call(sound) if sound else [])
    return [next(answers) if refusal is None else refusal for refusal in refusals]
