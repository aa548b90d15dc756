"""The keys: one for the lake, one for all that holds or may hold personal data, one that signs erasure reports."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.environments import Environment

ERASURE = "erasure"


class Keys(Construct):
    """`lake`, `personal` and `erasure`. Destroying `personal` makes every copy of personal data unreadable."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, "Keys")
        self.lake = self._key(environment, "Lake", "tables without personal data, answers of queries")
        self.personal = self._key(environment, "Personal", "raw files, contacts, audiences, ledger")
        self.erasure = self._signing(environment)

    def _key(self, environment: Environment, name: str, holds: str) -> kms.Key:
        return kms.Key(
            self,
            name,
            alias=environment.physical(name.lower()),
            description=f"Enishi {environment.name}: {holds}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if environment.keep else RemovalPolicy.DESTROY,
        )

    def _signing(self, environment: Environment) -> kms.Key:
        """Nobody can take it out of KMS; anybody who has a report can check it with the public half."""
        return kms.Key(
            self,
            "Erasure",
            alias=environment.physical(ERASURE),
            description=f"Enishi {environment.name}: signs the reports of erasures",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=RemovalPolicy.RETAIN if environment.keep else RemovalPolicy.DESTROY,
        )
