"""The sample retailer: a deterministic electronics chain as raw files in its own layout (layout.md), and its world."""

from enishi.sample.generate import Manifest, generate

__all__ = ["Manifest", "generate"]
