"""The registry of conditions: one module a family, one class a condition."""

from collections.abc import Mapping

from enishi.segment.condition import Condition
from enishi.segment.conditions.attribute import Attribute
from enishi.segment.conditions.basic import Cell, Everyone, OtherSegment
from enishi.segment.conditions.cart import Cart
from enishi.segment.conditions.consent import Consent
from enishi.segment.conditions.contract import Subscription, Warranty
from enishi.segment.conditions.coupon import Coupon
from enishi.segment.conditions.favourite import Favourite
from enishi.segment.conditions.message import Message
from enishi.segment.conditions.points import Points
from enishi.segment.conditions.price import Price
from enishi.segment.conditions.purchase import NthPurchase, Purchase
from enishi.segment.conditions.rfm import Rfm
from enishi.segment.conditions.sequence import Sequence
from enishi.segment.conditions.store import NearStore
from enishi.segment.conditions.survey import Survey
from enishi.segment.conditions.visit import Visit
from enishi.segment.conditions.web import Web

CONDITIONS: Mapping[str, type[Condition]] = {
    kind.key: kind
    for kind in (
        Everyone,
        OtherSegment,
        Cell,
        Attribute,
        Purchase,
        NthPurchase,
        Sequence,
        Web,
        Cart,
        Favourite,
        Price,
        Visit,
        NearStore,
        Message,
        Consent,
        Points,
        Coupon,
        Warranty,
        Subscription,
        Survey,
        Rfm,
    )
}
"""Every condition of the language by its name."""
