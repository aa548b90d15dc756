"""Everything a flow needs, on AWS: the adapters of one environment, wired from its settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3

from enishi.aws.athena import AthenaWarehouse
from enishi.aws.databases import databases
from enishi.aws.dynamo_ledger import DynamoLedger
from enishi.aws.dynamo_permissions import DynamoPermissions
from enishi.aws.failures import SENDER_CONFIG
from enishi.aws.line import LineMessenger
from enishi.aws.notices import EventBridgeNotices
from enishi.aws.pacing import paced
from enishi.aws.push import PinpointPush
from enishi.aws.s3 import S3Blobs
from enishi.aws.secrets import with_secrets
from enishi.aws.ses import SesMail
from enishi.clock import SystemClock
from enishi.ports import ChannelProvider, Services, providers
from enishi.settings import Settings

if TYPE_CHECKING:
    from boto3.session import Session


def aws_services(settings: Settings, session: Session | None = None) -> Services:
    """Services over the account and region of `session` (of the surroundings when None).

    Raises:
        SettingsError: a secret that the settings name cannot be read.
    """
    session = session or boto3.Session()
    known = with_secrets(settings, session.client("secretsmanager"))
    s3, dynamo = session.client("s3"), session.client("dynamodb")
    return Services(
        settings=known,
        clock=SystemClock(),
        warehouse=AthenaWarehouse(known, session),
        raw=S3Blobs(s3, known.raw_bucket),
        work=S3Blobs(s3, known.work_bucket),
        ledger=DynamoLedger(dynamo, known.ledger_table, known.guards_table),
        permissions=DynamoPermissions(dynamo, known.guards_table),
        notices=EventBridgeNotices(session.client("events")),
        channels=providers(_channels(known, session)),
        databases=databases(known, session),
        buckets=lambda name: S3Blobs(s3, name),
        exports=S3Blobs(s3, known.exports_bucket) if known.exports_bucket else None,
    )


def _channels(settings: Settings, session: Session) -> Iterator[ChannelProvider]:
    """The channels that this environment is set up for, each at its share of the account's rate."""
    if settings.mail_from:
        mail = session.client("sesv2", config=SENDER_CONFIG)
        ses = SesMail(mail, sender=settings.mail_from, configuration_set=settings.ses_configuration_set)
        yield paced(ses, settings.mail_rate)
    if settings.line_token.get_secret_value():
        yield paced(LineMessenger(settings.line_url, settings.line_token), settings.line_rate)
    if settings.push_application_id:
        push = PinpointPush(session.client("pinpoint", config=SENDER_CONFIG), settings.push_application_id)
        yield paced(push, settings.push_rate)
