"""The three layers of every function: Arrow, the other locked dependencies, and the product itself."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.environments import Environment
from infra.tools.layers import ROOT, arrow_layer, dependency_layer

_CACHES = ["**/__pycache__", "**/*.pyc"]


class Layers(Construct):
    """`all` of them. They share no path, so their order does not matter."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, "Layers")
        self._environment = environment
        platform = (environment.python, environment.architecture)
        self.all = [
            self._layer("arrow", arrow_layer(*platform), "pyarrow and numpy as locked"),
            self._layer("dependencies", dependency_layer(*platform), "the other dependencies as locked"),
            self._layer("core", ROOT / "layers" / "core", "the enishi package"),
        ]

    def _layer(self, name: str, content: Path, what: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name.capitalize(),
            layer_version_name=self._environment.physical(name),
            description=what,
            code=lambda_.Code.from_asset(str(content), exclude=_CACHES, ignore_mode=IgnoreMode.GLOB),
            compatible_runtimes=[runtime(self._environment)],
            compatible_architectures=[architecture(self._environment)],
        )


def runtime(environment: Environment) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{environment.python}", lambda_.RuntimeFamily.PYTHON)


def architecture(environment: Environment) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if environment.architecture == "arm64" else lambda_.Architecture.X86_64
