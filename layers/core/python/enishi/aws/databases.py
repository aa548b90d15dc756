"""The retailer's databases by kind of connector, made when they are first asked: most functions never do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from enishi.aws.s3 import S3Blobs
from enishi.ingest.connectors.registry import Databases
from enishi.ports import Blobs, Database
from enishi.settings import Settings

if TYPE_CHECKING:
    from boto3.session import Session

    from enishi.aws.bigquery_service import Tokens


def databases(settings: Settings, session: Session) -> Databases:
    """Redshift and BigQuery, as this account reaches them; their rows go to the raw bucket."""
    raw = S3Blobs(session.client("s3"), settings.raw_bucket)
    return Databases(
        {"redshift": lambda: _redshift(settings, session, raw), "bigquery": lambda: bigquery(session, raw)}
    )


def _redshift(settings: Settings, session: Session, raw: Blobs) -> Database:
    from enishi.aws.redshift import RedshiftDatabase

    return RedshiftDatabase(session.client("redshift-data"), raw, settings.raw_bucket, sleep=time.sleep)


def bigquery(session: Session, raw: Blobs) -> Database:
    """BigQuery needs no AWS but an identity, and may write to any raw store."""
    from enishi.aws.bigquery import BigQueryDatabase

    def tokens(secret: str) -> Tokens:
        from enishi.aws.google_tokens import google_tokens

        return google_tokens(session, session.client("secretsmanager"))(secret)

    return BigQueryDatabase(raw, tokens, sleep=time.sleep)
