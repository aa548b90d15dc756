"""Secrets of an environment: read from Secrets Manager once a cold start, in this place only."""

from __future__ import annotations

from typing import Protocol, TypedDict

from botocore.exceptions import ClientError
from pydantic import SecretStr

from enishi.errors import SettingsError
from enishi.settings import Settings


class SecretValue(TypedDict):
    SecretString: str


class SecretsClient(Protocol):
    """What is used of boto3's `secretsmanager` client."""

    def get_secret_value(self, *, SecretId: str) -> SecretValue: ...  # noqa: N803 - AWS's name


def with_secrets(settings: Settings, client: SecretsClient) -> Settings:
    """`settings` with the values of the secrets that it names; only functions that sign or send name any.

    Raises:
        SettingsError: a named secret does not exist, or may not be read.
    """
    named = {"secret": settings.secret_name, "line_token": settings.line_token_name}
    return settings.model_copy(update={field: _value(client, name) for field, name in named.items() if name})


def _value(client: SecretsClient, name: str) -> SecretStr:
    try:
        return SecretStr(client.get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown error")
        raise SettingsError(f"a secret cannot be read ({code})", where=name, remedy="Deploy the lake stack.") from error
