"""One line of a chunk file: everything that deciding and rendering need to know of one customer at one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enishi.errors import DeliveryError
from enishi.ports import Channel


@dataclass(frozen=True)
class Recipient:
    """A customer as the step's query saw them. Contacts and the name are personal: never log, never in an error.

    `blocks` holds, by the names of the scenario's `offer`, a list of items (mappings of plain JSON values);
    an empty list means that the block has nothing for this person.
    """

    customer_id: str
    holdout: bool = False
    exited: str | None = None
    """Why the customer left the scenario (the exit rule's name), None while inside."""
    goal_reached: bool = False
    zone: str = "Asia/Tokyo"
    locale: str = "ja"
    display_name: str = field(default="", repr=False)
    rank: str = ""
    contacts: Mapping[Channel, str] = field(default_factory=dict, repr=False)
    consents: Mapping[Channel, bool] = field(default_factory=dict)
    """True: the latest consent says opt-in. False: it says anything else. Absent: never asked."""
    blocks: Mapping[str, Any] = field(default_factory=dict, repr=False)
    variant: str = ""
    """Arm of the last split, "" outside splits."""
    entry_ref: str | None = None
    """What triggered the entry (cart, product, visit)."""
    best_hour: int | None = None
    """Hour of the day (0-23, the customer's zone) at which they react most; None when unknown."""
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The retailer's own columns of the customer, where the step's templates read them."""
    aliases: tuple[str, ...] = ()
    """Records that were merged into this person: what was sent, counted or refused under them counts here."""

    def to_json_line(self) -> str:
        """One compact JSON object without a line break, keys in the order of the fields."""
        return json.dumps(vars(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json_line(cls, line: str) -> Recipient:
        """The inverse of `to_json_line`.

        Raises:
            DeliveryError: the line is not a recipient.
        """
        try:
            fields = json.loads(line)
            fields["contacts"] = by_channel(fields["contacts"])
            fields["consents"] = by_channel(fields["consents"])
            fields["aliases"] = tuple(fields.get("aliases", ()))
            return cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DeliveryError(
                "a line of the chunk is not a recipient", remedy="Write the chunk again with `cut`."
            ) from None


def by_channel(values: Mapping[str, Any]) -> dict[Channel, Any]:
    """The same mapping with `Channel` keys; an unknown channel raises ValueError."""
    return {Channel(name): value for name, value in values.items()}
