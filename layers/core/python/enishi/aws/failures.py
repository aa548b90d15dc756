"""What a failed call to AWS proves about the messages inside it.

Only failures from before the request left, and answers in which the service refuses the whole request, prove that
nothing went out. A broken connection, a timeout while reading or a server fault prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from enishi.consent.reasons import RefusalReason
from enishi.ports import Receipt, Refused, Unknown

SENDER_CONFIG = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=30, max_pool_connections=16
)
"""botocore's own retries would send twice: a sender calls once and judges for itself."""

_SERVER_FAULT = 500
_CODES: Mapping[str, Refused] = {
    "TooManyRequestsException": Refused(RefusalReason.THROTTLED, retryable=True),
    "ThrottlingException": Refused(RefusalReason.THROTTLED, retryable=True),
    "Throttling": Refused(RefusalReason.THROTTLED, retryable=True),
    "LimitExceededException": Refused(RefusalReason.QUOTA),
    "AccountSuspendedException": Refused(RefusalReason.SUSPENDED),
    "SendingPausedException": Refused(RefusalReason.SUSPENDED),
    "MailFromDomainNotVerifiedException": Refused(RefusalReason.NOT_CONFIGURED),
    "NotFoundException": Refused(RefusalReason.NOT_CONFIGURED),
    "ForbiddenException": Refused(RefusalReason.NOT_CONFIGURED),
    "AccessDeniedException": Refused(RefusalReason.NOT_CONFIGURED),
    "PayloadTooLargeException": Refused(RefusalReason.REJECTED),
}


def receipt_of(error: BotoCoreError | ClientError) -> Receipt:
    """One receipt that is true of every message of the failed call."""
    if isinstance(error, ClientError):
        return _answered(error)
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return Refused(RefusalReason.CONNECTION, retryable=True)
    if isinstance(error, ParamValidationError | NoCredentialsError):
        return Refused(RefusalReason.NOT_CONFIGURED)
    return Unknown(RefusalReason.TIMEOUT if isinstance(error, ReadTimeoutError) else RefusalReason.NO_ANSWER)


def _answered(error: ClientError) -> Receipt:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_FAULT)
    known = _CODES.get(str(error.response.get("Error", {}).get("Code", "")))
    if known is not None and status < _SERVER_FAULT:
        return known
    return Refused(RefusalReason.REJECTED) if status < _SERVER_FAULT else Unknown(RefusalReason.NO_ANSWER)
