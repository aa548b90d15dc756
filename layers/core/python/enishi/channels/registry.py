"""The channels that can send, as data: batch, replay window and unit cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from enishi.data_files import data_of
from enishi.errors import NotSupportedError
from enishi.ports import Channel


@dataclass(frozen=True)
class ChannelSpec:
    channel: Channel
    batch_size: int
    replay: timedelta
    """How long a repeat of the same message is recognised by the provider and not sent again; zero = never."""
    unit_costs: Mapping[str, Decimal]

    def unit_cost(self, currency: str) -> Decimal | None:
        """Money a message; None when no price is known in `currency`."""
        return self.unit_costs.get(currency)


@cache
def specs() -> Mapping[Channel, ChannelSpec]:
    """Every channel that this version sends on."""
    data: dict[str, Any] = data_of("enishi.channels", "channels.yaml")
    return MappingProxyType({Channel(name): _spec(Channel(name), entry) for name, entry in data.items()})


def spec(channel: Channel) -> ChannelSpec:
    """How `channel` sends.

    Raises:
        NotSupportedError: this version has no provider for it (sms, onsite, catalog).
    """
    if channel not in specs():
        able = ", ".join(specs())
        raise NotSupportedError(f"messages cannot be sent by {channel} yet", remedy=f"Choose one of {able}.")
    return specs()[channel]


def _spec(channel: Channel, entry: Mapping[str, Any]) -> ChannelSpec:
    costs = {currency: Decimal(amount) for currency, amount in entry["unit_cost"].items()}
    return ChannelSpec(channel, entry["batch_size"], timedelta(hours=entry["replay_hours"]), costs)
