"""The three layers of every function: the product, its locked dependencies, pandas and pyarrow as AWS builds them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.environments import Environment
from infra.tools.layers import ROOT, dependency_layer

_ARNS = Path(__file__).parents[1] / "managed_layers.yaml"
_CACHES = ["**/__pycache__", "**/*.pyc"]


class Layers(Construct):
    """`all` of them, in the order in which Lambda lays them over each other."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, "Layers")
        self._environment = environment
        dependencies = dependency_layer(environment.python, environment.architecture)
        self.all: list[lambda_.ILayerVersion] = [
            lambda_.LayerVersion.from_layer_version_arn(self, "Pandas", pandas_layer(environment)),
            self._layer("Dependencies", dependencies, "locked dependencies for this platform"),
            self._layer("Core", ROOT / "layers" / "core", "the enishi package"),
        ]

    def _layer(self, name: str, folder: Path, what: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            layer_version_name=self._environment.physical(name.lower()),
            description=what,
            code=lambda_.Code.from_asset(str(folder), exclude=_CACHES, ignore_mode=IgnoreMode.GLOB),
            compatible_runtimes=[runtime(self._environment)],
            compatible_architectures=[architecture(self._environment)],
        )


def runtime(environment: Environment) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{environment.python}", lambda_.RuntimeFamily.PYTHON)


def architecture(environment: Environment) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if environment.architecture == "arm64" else lambda_.Architecture.X86_64


def pandas_layer(environment: Environment) -> str:
    """The ARN of the managed pandas layer in the environment's region.

    Raises:
        KeyError: the region or the Python version is not in managed_layers.yaml.
    """
    known = _managed_layers()["pandas"]
    if environment.region not in known["regions"] or environment.python not in known["versions"]:
        raise KeyError(f"no pandas layer for {environment.region}, Python {environment.python}: add it to {_ARNS.name}")
    suffix = "-Arm64" if environment.architecture == "arm64" else ""
    layer = f"AWSSDKPandas-Python{environment.python.replace('.', '')}{suffix}"
    version = known["versions"][environment.python]
    return f"arn:aws:lambda:{environment.region}:{known['account']}:layer:{layer}:{version}"


@cache
def _managed_layers() -> dict[str, Any]:
    return dict(yaml.safe_load(_ARNS.read_text("utf-8")))
