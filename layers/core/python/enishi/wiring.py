"""The only place where adapters are chosen. Each is imported when it is wired: a handler carries only what it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from enishi.settings import Settings

if TYPE_CHECKING:
    from enishi.ingest.collector.endpoint import Collector
    from enishi.ports import Database, EventStream, Services
    from enishi.privacy.ports import Tools


def services(settings: Settings) -> Services:
    """Everything a flow needs, for the environment that the settings name."""
    if settings.env == "local":
        from enishi.ingest.connectors.registry import Databases
        from enishi.local.services import local_services

        wired = local_services(settings)
        return replace(wired, databases=Databases({"bigquery": lambda: _bigquery(wired)}))
    from enishi.aws.services import aws_services

    return aws_services(settings)


def web_collector(settings: Settings) -> tuple[Collector, EventStream]:
    """The web collector of a deployed environment, and the stream that takes its lines. Imports nothing of the lake's.

    Raises:
        SettingsError: a secret cannot be read, or the collector's settings do not hold.
    """
    import boto3

    from enishi.aws.firehose import web_stream
    from enishi.aws.secrets import with_secrets
    from enishi.ingest.collector.endpoint import collector

    session = boto3.Session()
    known = with_secrets(settings, session.client("secretsmanager"))
    return collector(known), web_stream(known, session)


def _bigquery(wired: Services) -> Database:
    """BigQuery is read over HTTP, so a laptop can; whose identity it has is AWS's to say."""
    import boto3

    from enishi.aws.databases import bigquery

    return bigquery(boto3.Session(), wired.raw)


def privacy_tools(services: Services) -> Tools:
    """What finding and erasing a person needs, for the environment of `services`."""
    if services.settings.env == "local":
        from enishi.local.privacy import local_tools

        return local_tools(services)
    from enishi.aws.privacy import aws_tools

    return aws_tools(services)
