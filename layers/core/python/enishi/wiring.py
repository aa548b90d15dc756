"""The only place where adapters are chosen."""

from __future__ import annotations

from enishi.ports import Services
from enishi.settings import Settings


def services(settings: Settings) -> Services:
    """Everything a flow needs, for the environment that the settings name."""
    if settings.env == "local":
        from enishi.local.services import local_services

        return local_services(settings)
    from enishi.aws.services import aws_services

    return aws_services(settings)
