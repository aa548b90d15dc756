"""Everything that a flow may touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from enishi.clock import Clock
from enishi.ports.databases import Database
from enishi.ports.delivery import Channel, ChannelProvider
from enishi.ports.ledger import Ledger
from enishi.ports.permissions import Permissions
from enishi.ports.stores import Blobs, Notices
from enishi.ports.warehouse import Warehouse
from enishi.settings import Settings


@dataclass(frozen=True)
class Services:
    """Everything a flow may touch, wired once in `enishi.wiring`."""

    settings: Settings
    clock: Clock
    warehouse: Warehouse
    raw: Blobs
    """Files as the retailer dropped them, and providers' events."""
    work: Blobs
    """Audiences, chunks, staged rows, results: short-lived, under the key of personal data."""
    ledger: Ledger
    permissions: Permissions
    notices: Notices
    channels: Mapping[Channel, ChannelProvider]
    databases: Mapping[str, Database] = field(default_factory=dict)
    """The retailer's databases by kind of connector."""
    buckets: Callable[[str], Blobs] | None = None
    """The retailer's own buckets by name."""
    exports: Blobs | None = None
    """Files for the retailer's core system."""


def providers(channels: Iterable[ChannelProvider]) -> dict[Channel, ChannelProvider]:
    """A registry by channel."""
    return {provider.channel: provider for provider in channels}
