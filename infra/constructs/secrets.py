"""Secrets: the key that signs ids and links (made here, never seen), and LINE's token (put in by the operator)."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.constructs.nag import acknowledge
from infra.constructs.permissions import secret_name
from infra.environments import Environment

_NO_ROTATION = "AwsSolutions-SMG4"


class Secrets(Construct):
    """`signing` and `line`, under the key of personal data."""

    def __init__(self, scope: Construct, environment: Environment, key: kms.IKey) -> None:
        super().__init__(scope, "Secrets")
        signing = self._secret("Signing", environment, key, "signs send ids, links and coupon codes")
        line = self._secret("Line", environment, key, "LINE channel access token: replace the generated value")
        acknowledge(signing, _NO_ROTATION, "another key would give a running send other ids: it could go out twice")
        acknowledge(line, _NO_ROTATION, "LINE issues the token; the operator puts in a new one")

    def _secret(self, name: str, environment: Environment, key: kms.IKey, what: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            name,
            secret_name=secret_name(environment, name.lower()),
            description=what,
            encryption_key=key,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN if environment.keep else RemovalPolicy.DESTROY,
        )
