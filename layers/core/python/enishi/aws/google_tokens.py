"""Google's access tokens from AWS: workload identity federation with the function's role, or a service account's key.

The secret holds the JSON that `gcloud iam workload-identity-pools create-cred-config --aws` writes (it is no key and
opens nothing by itself), or the key file of a service account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx
from google.auth import aws as google_aws
from google.auth import exceptions, transport
from google.auth.credentials import Credentials
from google.oauth2 import service_account

from enishi.aws.secrets import SecretsClient
from enishi.errors import ConnectorError

if TYPE_CHECKING:
    from boto3.session import Session

SCOPES = ("https://www.googleapis.com/auth/bigquery",)
_REMEDY = "Put the credential configuration into that secret; docs/connectors.md says how it is made."


class GoogleTokens:
    """Tokens of one credential configuration."""

    def __init__(self, credentials: Credentials, where: str) -> None:
        self._credentials = credentials
        self._where = where

    def token(self, *, fresh: bool = False) -> str:
        try:
            if fresh or not self._credentials.valid:
                self._credentials.refresh(HttpxTransport())
        except exceptions.GoogleAuthError as error:
            remedy = "Check the pool, its AWS provider and roles/iam.workloadIdentityUser; docs/connectors.md."
            raise ConnectorError(
                f"Google gives no token ({type(error).__name__})", where=self._where, remedy=remedy
            ) from None
        return str(self._credentials.token)


def google_tokens(session: Session, secrets: SecretsClient) -> Callable[[str], GoogleTokens]:
    """A maker of tokens by the name of their secret."""

    def made(name: str) -> GoogleTokens:
        return GoogleTokens(_credentials(_configuration(secrets, name), session, name), name)

    return made


def _configuration(secrets: SecretsClient, name: str) -> Mapping[str, Any]:
    if not name:
        raise ConnectorError("the source names no credentials", where="from.bigquery.credentials", remedy=_REMEDY)
    try:
        found = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    except ValueError:
        raise ConnectorError("the secret is not JSON", where=name, remedy=_REMEDY) from None
    except Exception as error:
        raise ConnectorError(
            f"the secret cannot be read ({type(error).__name__})", where=name, remedy=_REMEDY
        ) from None
    return found if isinstance(found, dict) else {}


def _credentials(said: Mapping[str, Any], session: Session, where: str) -> Credentials:
    try:
        if said.get("type") == "service_account":
            key: Credentials = service_account.Credentials.from_service_account_info(said, scopes=list(SCOPES))
            return key
        if said.get("type") == "external_account":
            return _federated(said, session)
    except (ValueError, KeyError, exceptions.GoogleAuthError):
        raise ConnectorError("the credential configuration does not hold", where=where, remedy=_REMEDY) from None
    raise ConnectorError("this kind of credentials is not known", where=where, remedy=_REMEDY)


def _federated(said: Mapping[str, Any], session: Session) -> Credentials:
    """AWS's identity comes from boto3: in a function there is no metadata service that the file could name."""
    return google_aws.Credentials(
        audience=said["audience"],
        subject_token_type=said["subject_token_type"],
        token_url=said["token_url"],
        service_account_impersonation_url=said.get("service_account_impersonation_url"),
        aws_security_credentials_supplier=_Supplier(session),
        scopes=list(SCOPES),
    )


class _Supplier(google_aws.AwsSecurityCredentialsSupplier):
    def __init__(self, session: Session) -> None:
        self._session = session

    def get_aws_security_credentials(self, _context: Any, _request: Any) -> google_aws.AwsSecurityCredentials:
        found = self._session.get_credentials()
        if found is None:
            raise exceptions.RefreshError("there are no AWS credentials")
        frozen = found.get_frozen_credentials()
        return google_aws.AwsSecurityCredentials(str(frozen.access_key), str(frozen.secret_key), frozen.token)

    def get_aws_region(self, _context: Any, _request: Any) -> str:
        return self._session.region_name


class HttpxTransport(transport.Request):
    """Google's transport over the client that the product has anyway."""

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = 30,
        **_: Any,
    ) -> transport.Response:
        try:
            answer = httpx.request(method, url, content=body, headers=dict(headers or {}), timeout=timeout)
        except httpx.TransportError as error:
            raise exceptions.TransportError(type(error).__name__) from None
        return _Answer(answer)


class _Answer(transport.Response):
    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        return self._answer.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    @property
    def data(self) -> bytes:
        return self._answer.content
