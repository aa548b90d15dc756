"""Enishi (縁): one-to-one marketing for retailers with stores and an online shop."""

__version__ = "0.1.0"
