"""A canary for each patch of the emulator: it is still needed, and it still works."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from infra.local.emulator import environment
from infra.local.patches import MARK
from tests.infra.conftest import ROOT


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """Before and after, from the emulator's own interpreter."""
    words = [str(environment()), "-m", "tests.infra.canaries"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_an_error_keeps_its_name(facts: dict[str, Any]) -> None:
    assert facts["before"]["error"] == "'gone'"
    assert facts["after"]["error"] == f"KeyError{MARK}'gone'"


def test_a_layer_is_unpacked_once(facts: dict[str, Any]) -> None:
    assert facts["before"]["layer"] == ["python/module.py"]
    assert facts["after"]["layer"] == ["python/lib/python3/site-packages/layer.pth"]


def test_a_layer_counts_whole_against_the_quota(facts: dict[str, Any]) -> None:
    assert facts["before"]["size"] == facts["after"]["size"] == len("x = 1\n")


def test_a_history_tells_inner_states(facts: dict[str, Any]) -> None:
    assert facts["before"]["states"] == ["outer"]
    assert facts["after"]["states"] == ["outer", "inner"]
