"""The whole loop on a laptop, from raw files to a report, on a virtual clock."""

from enishi.local.demo.datasets import Dataset
from enishi.local.demo.loop import Stage, Watcher, run_demo
from enishi.local.demo.registry import dataset
from enishi.local.demo.summary import Summary

__all__ = ["Dataset", "Stage", "Summary", "Watcher", "dataset", "run_demo"]
