"""Offers: the blocks that fill a message for one person."""

from enishi.offer.blocks import Offer, load
from enishi.offer.source import Finishing, Item, Source

__all__ = ["Finishing", "Item", "Offer", "Source", "load"]
