"""What the product needs from the outside, as protocols. `aws` and `local` each implement all of them.

Flows take a `Services` and plain values; they never know which side they run on.
"""

from enishi.ports.databases import Database, Extracted, Question, Range
from enishi.ports.delivery import Accepted, Channel, ChannelProvider, Message, Receipt, Refused, Unknown
from enishi.ports.ledger import Cap, CapReached, Claim, ClaimOutcome, Entry, Held, Ledger, LedgerState, RunState, Won
from enishi.ports.permissions import PermissionChange, Permissions
from enishi.ports.services import Services, providers
from enishi.ports.stores import Blobs, EventStream, Notices, Stat
from enishi.ports.warehouse import Rows, Source, Unloaded, Upserted, Warehouse

__all__ = [
    "Accepted",
    "Blobs",
    "Cap",
    "CapReached",
    "Channel",
    "ChannelProvider",
    "Claim",
    "ClaimOutcome",
    "Database",
    "Entry",
    "EventStream",
    "Extracted",
    "Held",
    "Ledger",
    "LedgerState",
    "Message",
    "Notices",
    "PermissionChange",
    "Permissions",
    "Question",
    "Range",
    "Receipt",
    "Refused",
    "Rows",
    "RunState",
    "Services",
    "Source",
    "Stat",
    "Unknown",
    "Unloaded",
    "Upserted",
    "Warehouse",
    "Won",
    "providers",
]
