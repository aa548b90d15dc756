"""Acknowledging findings of cdk-nag: one at a time, always with a reason, by the name that the rule gives to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Say why `rule` does not hold here."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcards(construct: IConstruct, resources: Iterable[str], reason: str) -> None:
    """Acknowledge the wildcards among `resources` of a policy (rule IAM5 has one finding a resource)."""
    for resource in resources:
        flat = _flat(Stack.of(construct).resolve(resource))
        if "*" in flat or "?" in flat:
            acknowledge(construct, f"AwsSolutions-IAM5[Resource::{flat}]", reason)


def _flat(value: Any) -> str:
    """A resolved ARN as the rule writes it: references become `<LogicalId>` or `<LogicalId.Attribute>`."""
    if isinstance(value, str):
        return value
    ((function, inner),) = value.items()
    if function == "Fn::Join":
        return str(inner[0]).join(_flat(part) for part in inner[1])
    if function == "Fn::GetAtt":
        return f"<{'.'.join(inner)}>"
    return f"<{inner}>"
