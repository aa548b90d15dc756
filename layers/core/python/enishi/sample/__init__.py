"""The sample retailer: a deterministic electronics chain as raw files in its own layout (layout.md), and its world."""

from enishi.sample.generate import Manifest, generate
from enishi.sample.world import World

__all__ = ["Manifest", "World", "generate"]
