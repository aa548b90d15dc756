"""The two keys: one for the lake, one for everything that holds or may hold personal data."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.environments import Environment


class Keys(Construct):
    """`lake` and `personal`. Destroying `personal` makes every copy of personal data unreadable."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, "Keys")
        self.lake = self._key(environment, "Lake", "tables without personal data, answers of queries")
        self.personal = self._key(environment, "Personal", "raw files, contacts, audiences, ledger")

    def _key(self, environment: Environment, name: str, holds: str) -> kms.Key:
        return kms.Key(
            self,
            name,
            alias=environment.physical(name.lower()),
            description=f"Enishi {environment.name}: {holds}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if environment.keep else RemovalPolicy.DESTROY,
        )
