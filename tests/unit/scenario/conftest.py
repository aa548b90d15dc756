"""A library of one scenario, made of a text and the templates that the base names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from enishi.scenario.library import Definition, Library

CASES = Path(__file__).parents[2] / "cases" / "scenarios"
SHARED = Path(__file__).parents[3] / "scenarios" / "_shared"
MAIL = """{% extends "_shared/layouts/mail.html.j2" %}
{% block subject %}こんにちは{% endblock %}
{% block content %}<p>こんにちは</p>{% endblock %}
"""
PUSH = '{"title": "こんにちは", "body": "こんにちは", "url": "{{ brand.urls.home | link }}"}'
TEMPLATES = {"hello/mail.html.j2": MAIL, "hello/push.json.j2": PUSH, "again/mail.html.j2": MAIL}

Write = Callable[[str], Definition]


@pytest.fixture
def base() -> str:
    return (CASES / "base.yaml").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a scenario `research/welcome` with templates, and read it."""

    def write(text: str) -> Definition:
        folder = tmp_path / "research" / "welcome"
        for name, source in TEMPLATES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(source, encoding="utf-8")
        copytree(SHARED, tmp_path / "_shared", dirs_exist_ok=True)
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
        return Library((tmp_path,)).read("welcome")

    return write
