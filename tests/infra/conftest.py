"""One synth a session: an app of the production environment, its templates and the report of its rules."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.functions import Function

if TYPE_CHECKING:
    from aws_cdk import App

ROOT = Path(__file__).parents[2]
DECLARED = "tests/cases/connectors/declared"
"""Sources and write-backs of a retailer: what the core system adds to a deployment is in the one synth."""
Template = Mapping[str, Any]
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Synth:
    """What a deployment of one environment would send: templates by stack."""

    folder: Path
    templates: Mapping[str, Template]

    def resources(self, kind: str, stack: str | None = None) -> Mapping[str, Resource]:
        """Resources of a CloudFormation type by logical id, of one stack or of all."""
        chosen = [self.templates[stack]] if stack else self.templates.values()
        return {
            f"{name}": resource
            for template in chosen
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def function(self, plan: Function) -> Mapping[str, Any]:
        """The properties of a task's function."""
        name = f"enishi-prod-{plan.name.replace('_', '-')}"
        return next(one for one in self.properties("AWS::Lambda::Function", "Runtime") if one["FunctionName"] == name)

    def properties(self, kind: str, stack: str | None = None) -> list[Mapping[str, Any]]:
        return [resource["Properties"] for resource in self.resources(kind, stack).values()]


def app_in(folder: Path) -> App:
    """An app with the context of cdk.json that writes into `folder`. aws_cdk starts Node on import, so not before."""
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,20")
    from infra.app import new_app

    return new_app(str(folder), json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"])


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """The production environment, synthesised as `cdk synth` does it."""
    folder = tmp_path_factory.mktemp("cdk")
    app = app_in(folder)
    from infra.app import stacks
    from infra.environments import environment

    stacks(app, replace(environment("prod"), declared=DECLARED))
    app.synth()
    templates = {
        path.name.removesuffix(".template.json"): json.loads(path.read_text("utf-8"))
        for path in folder.glob("*.template.json")
    }
    return Synth(folder, templates)


def flat(value: Any) -> str:
    """A template's value as text, references in angle brackets: for assertions on ARNs."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "Fn::Join" in value:
        return str(value["Fn::Join"][0]).join(flat(part) for part in value["Fn::Join"][1])
    return f"<{json.dumps(value)}>"
