"""How long logs stay."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.environments import Environment

_DAYS = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


def log_group(scope: Construct, environment: Environment, name: str) -> logs.LogGroup:
    """A log group that keeps what it gets for the environment's days."""
    return logs.LogGroup(
        scope,
        "Log",
        log_group_name=name,
        retention=_DAYS[environment.log_days],
        removal_policy=RemovalPolicy.DESTROY,
    )
