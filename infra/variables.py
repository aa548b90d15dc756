"""The settings of the deployed functions: `enishi.settings` by their environment variables.

Secrets go by name; their values never enter a template.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from infra.constructs.buckets import bucket_name
from infra.constructs.keys import ERASURE
from infra.constructs.permissions import secret_name
from infra.databases import Databases
from infra.environments import Environment
from infra.functions import Touch


def variables(environment: Environment, push_application: str) -> dict[str, str]:
    """What every function gets."""
    databases = Databases(environment)
    settings = {
        "env": environment.name,
        "tenant": environment.tenant,
        "zone": environment.zone,
        "currency": environment.currency,
        "locale": environment.locale,
        "clock": environment.clock,
        "public_url": environment.public_url,
        "scenarios_path": "scenarios",
        "line_url": environment.line_url,
        "push_application_id": push_application,
        "mail_from": f"news@{environment.mail_domain}",
        "web_stream": environment.physical("web-events"),
        "page_stream": environment.physical("page-events"),
        "collector_sites": environment.web_sites,
        "collector_internal": environment.web_internal,
        "ses_configuration_set": environment.physical("mail"),
        "lake_database": databases.lake,
        "pii_database": databases.personal,
        "staging_database": databases.staging,
        "lake_bucket": bucket_name(environment, "lake"),
        "raw_bucket": bucket_name(environment, "raw"),
        "work_bucket": bucket_name(environment, "work"),
        "exports_bucket": bucket_name(environment, "exports"),
        "workgroup": environment.physical("analysis"),
        "delivery_workgroup": environment.physical("delivery"),
        "ledger_table": environment.physical("ledger"),
        "guards_table": environment.physical("guards"),
        "erasure_key": f"alias/{environment.physical(ERASURE)}",
        "retention": json.dumps(environment.retention),
    }
    return _named(settings) | {"POWERTOOLS_LOG_LEVEL": "INFO"}


def secrets(environment: Environment, touches: Collection[Touch]) -> dict[str, str]:
    """The names of the secrets that a function with `touches` reads."""
    known = {Touch.SIGN: ("secret_name", "signing"), Touch.LINE: ("line_token_name", "line")}
    return _named({known[touch][0]: secret_name(environment, known[touch][1]) for touch in known if touch in touches})


def _named(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"ENISHI_{name.upper()}": value for name, value in settings.items()}
