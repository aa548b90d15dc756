"""The one construct that makes every Lambda function: code, layers, role, log, environment, alarmed errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, IgnoreMode, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.layers import architecture, runtime
from infra.constructs.nag import acknowledge
from infra.constructs.permissions import Grant, Places, allow, grant
from infra.constructs.retention import log_group
from infra.environments import Environment
from infra.functions import Function
from infra.tools.layers import ROOT
from infra.variables import secrets

_OLDER_PYTHON = (
    "a Python that the locked wheels and the tests know, in support until 2028; one field of the environment raises it"
)
_TRACES = "X-Ray takes no resource"
_SHIPPED = ["*", "!functions", "!functions/*.py", "!scenarios", "!scenarios/**", "**/__pycache__"]


def _silence(plan: Function) -> dict[str, Any]:
    """Lambda's own lines can be left out only of a log that is JSON."""
    quiet = {"logging_format": lambda_.LoggingFormat.JSON, "system_log_level_v2": lambda_.SystemLogLevel.WARN}
    return quiet if plan.quiet else {}


@dataclass(frozen=True)
class Ground:
    """What all functions of an environment share."""

    environment: Environment
    places: Places
    layers: Sequence[lambda_.ILayerVersion]
    variables: Mapping[str, str]


class TaskFunction(Construct):
    """One function of the table `infra.functions`, as `functions/<name>.py` with exactly what it may touch."""

    def __init__(self, scope: Construct, plan: Function, ground: Ground) -> None:
        super().__init__(scope, plan.camel)
        self.plan = plan
        self._name = ground.environment.physical(plan.name.replace("_", "-"))
        self.log = log_group(self, ground.environment, f"/aws/lambda/{self._name}")
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=self._name,
            description=plan.purpose,
            runtime=runtime(ground.environment),
            architecture=architecture(ground.environment),
            handler=f"functions.{plan.name}.handler",
            code=lambda_.Code.from_asset(str(ROOT), exclude=_SHIPPED, ignore_mode=IgnoreMode.GIT),
            layers=list(ground.layers),
            memory_size=plan.memory,
            timeout=Duration.seconds(plan.timeout),
            ephemeral_storage_size=Size.mebibytes(plan.disk),
            environment={**ground.variables, **secrets(ground.environment, plan.touches)},
            role=self._role(ground),
            log_group=self.log,
            tracing=lambda_.Tracing.ACTIVE,
            **_silence(plan),
        )
        acknowledge(self.function, "AwsSolutions-L1", _OLDER_PYTHON)

    def _role(self, ground: Ground) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        streams = ground.places.here("logs", f"log-group:/aws/lambda/{self._name}:*")
        grant(
            role, Grant(("logs:CreateLogStream", "logs:PutLogEvents"), (streams,), "the streams of its own log group")
        )
        grant(role, Grant(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ("*",), _TRACES))
        allow(role, self.plan.touches, ground.places)
        return role
