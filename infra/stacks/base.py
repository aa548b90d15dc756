"""What all stacks have in common."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from infra.environments import Environment


class EnishiStack(cdk.Stack):
    """A stack of one environment, named after it, in its region, protected where the environment is."""

    def __init__(self, scope: Construct, environment: Environment, name: str, description: str) -> None:
        super().__init__(
            scope,
            name.capitalize(),
            stack_name=environment.physical(name),
            description=f"Enishi: {description}",
            env=cdk.Environment(region=environment.region),
            termination_protection=environment.protect,
            tags={"app": "enishi", "environment": environment.name, **environment.tags},
        )
