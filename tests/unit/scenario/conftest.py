"""A library of one scenario, made of a text and the templates that the base names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from enishi.scenario.library import Definition, Library

CASES = Path(__file__).parents[2] / "cases" / "scenarios"
TEMPLATES = ("hello/mail.html.j2", "hello/push.json.j2", "again/mail.html.j2")

Write = Callable[[str], Definition]


@pytest.fixture
def base() -> str:
    return (CASES / "base.yaml").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a scenario `research/welcome` with templates, and read it."""

    def write(text: str) -> Definition:
        folder = tmp_path / "research" / "welcome"
        for name in TEMPLATES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("こんにちは", encoding="utf-8")
        (tmp_path / "_shared").mkdir(exist_ok=True)
        (tmp_path / "_shared" / "brand.yaml").write_text("name: 縁電機\n", encoding="utf-8")
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
        return Library((tmp_path,)).read("welcome")

    return write
