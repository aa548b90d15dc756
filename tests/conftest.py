"""The order of files: those that take longest begin first, so that no worker is left with one at the end."""

from __future__ import annotations

import pytest

LONGEST = (
    "tests/flow/test_analyses_sample.py",
    "tests/unit/analysis/test_golden.py",
    "tests/flow/test_demo.py",
    "tests/infra/test_rules.py",
    "tests/flow/test_datasets.py",
    "tests/flow/test_erasure.py",
    "tests/unit/segment/test_segment_cases.py",
    "tests/unit/privacy/test_erase_by_hand.py",
    "tests/faults/test_ingest_property.py",
)
"""By CPU time, longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    file = item.nodeid.partition("::")[0]
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)
