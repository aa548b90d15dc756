"""The settings of the deployed functions: `enishi.settings` by their environment variables."""

from __future__ import annotations

from infra.constructs.buckets import bucket_name
from infra.constructs.permissions import secret_name
from infra.databases import Databases
from infra.environments import Environment


def variables(environment: Environment, push_application: str) -> dict[str, str]:
    """What every function gets. Secrets go by name; their values never enter a template."""
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
        "secret_name": secret_name(environment, "signing"),
        "line_token_name": secret_name(environment, "line"),
        "line_url": environment.line_url,
        "push_application_id": push_application,
        "mail_from": f"news@{environment.mail_domain}",
        "ses_configuration_set": environment.physical("mail"),
        "lake_database": databases.lake,
        "pii_database": databases.personal,
        "staging_database": databases.staging,
        "lake_bucket": bucket_name(environment, "lake"),
        "raw_bucket": bucket_name(environment, "raw"),
        "work_bucket": bucket_name(environment, "work"),
        "workgroup": environment.physical("analysis"),
        "delivery_workgroup": environment.physical("delivery"),
        "ledger_table": environment.physical("ledger"),
        "guards_table": environment.physical("guards"),
    }
    return {f"ENISHI_{name.upper()}": value for name, value in settings.items()} | {"POWERTOOLS_LOG_LEVEL": "INFO"}
