"""Google's tokens: AWS's identity exchanged at a token service over HTTP, and secrets that do not hold."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from enishi.aws.google_tokens import google_tokens
from enishi.errors import ConnectorError
from tests.unit.aws.http_service import Answer, Request, serving


class Secrets:
    """Secrets Manager with one value."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803 - AWS's name
        assert SecretId == "enishi/prod/bigquery"
        return {"SecretString": self._value}


def session() -> boto3.Session:
    return boto3.Session("AKIDEXAMPLE", "secret-key", "session-token", region_name="ap-northeast-1")


def tokens(value: str) -> Any:
    return google_tokens(session(), Secrets(value))("enishi/prod/bigquery")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("not json", "not JSON"),
        ("[]", "kind of credentials is not known"),
        ('{"type": "authorized_user"}', "kind of credentials is not known"),
        ('{"type": "service_account"}', "does not hold"),
        ('{"type": "external_account"}', "does not hold"),
    ],
)
def test_a_secret_that_does_not_hold(value: str, says: str) -> None:
    with pytest.raises(ConnectorError, match=says):
        tokens(value)


def test_a_source_without_credentials() -> None:
    with pytest.raises(ConnectorError, match="names no credentials"):
        google_tokens(session(), Secrets(""))("")


def test_a_token_service_that_cannot_be_reached_says_so() -> None:
    with pytest.raises(ConnectorError, match="gives no token") as raised:
        tokens(configuration("https://127.0.0.1:9")).token()
    assert "secret-key" not in str(raised.value)


def configuration(url: str) -> str:
    audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws"
    return json.dumps(
        {
            "type": "external_account",
            "audience": audience,
            "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
            "token_url": f"{url}/v1/token",
        }
    )


def test_awss_identity_is_exchanged_for_a_token() -> None:
    """The subject token is a signed GetCallerIdentity of the function's role, for this audience."""
    asked: list[bytes] = []

    def exchange(request: Request) -> Answer:
        asked.append(json.dumps(request.body).encode())
        return Answer(200, {"access_token": "short-lived", "expires_in": 3600, "token_type": "Bearer"})

    with serving(exchange, form=True) as service:
        made = tokens(configuration(service.url))
        assert made.token() == made.token() == "short-lived"
        made.token(fresh=True)
    assert len(asked) == 2
    assert b"AKIDEXAMPLE" in asked[0]
    assert b"secret-key" not in asked[0]
