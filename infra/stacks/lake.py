"""The stateful stack: everything that must outlive a deployment."""

from __future__ import annotations

from constructs import Construct

from infra.constructs.buckets import Buckets
from infra.constructs.catalog import Catalog
from infra.constructs.keys import Keys
from infra.constructs.records import Records
from infra.constructs.secrets import Secrets
from infra.constructs.workgroups import Workgroups
from infra.environments import Environment
from infra.stacks.base import EnishiStack


class LakeStack(EnishiStack):
    """Keys, buckets, Glue tables, Athena workgroups, the ledger and the secrets."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment, "lake", "the lake, the ledger and the secrets (stateful)")
        self.keys = Keys(self, environment)
        self.buckets = Buckets(self, environment, self.keys.lake, self.keys.personal)
        self.catalog = Catalog(self, environment, self.buckets)
        self.records = Records(self, environment, self.keys.personal)
        self.secrets = Secrets(self, environment, self.keys.personal)
        Workgroups(
            self,
            environment,
            results=self.buckets["results"],
            lake_key=self.keys.lake,
            work=self.buckets["work"],
            personal_key=self.keys.personal,
        )
