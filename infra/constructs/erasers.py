"""Who may erase: a role for people, not for functions."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.permissions import Places, allow
from infra.functions import ERASURE


class Erasers(Construct):
    """`role`: `enishi erase` and `enishi access` with this environment. The account says who may take it, with MFA."""

    def __init__(self, scope: Construct, places: Places) -> None:
        super().__init__(scope, "Erasers")
        people = iam.AccountRootPrincipal().with_conditions({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        self.role = iam.Role(
            self,
            "Role",
            role_name=places.environment.physical("erasure"),
            description="Erases people and answers what is held about them",
            assumed_by=people,
            max_session_duration=Duration.hours(4),
        )
        allow(self.role, ERASURE, places)
