"""Buckets: private, encrypted by one of the two keys, logged, and emptied by rules where things are short-lived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.environments import Environment


@dataclass(frozen=True)
class BucketPlan:
    """What differs between buckets."""

    name: str
    personal: bool
    """Under the key of personal data."""
    notifies: bool = False
    """Tells EventBridge of every object."""
    expire_days: Mapping[str, int] | None = None
    """Prefix → days after which objects go; "" is the whole bucket."""


PLANS = (
    BucketPlan("raw", personal=True, notifies=True),
    BucketPlan("lake", personal=False),
    BucketPlan("contacts", personal=True),
    BucketPlan(
        "work",
        personal=True,
        expire_days={
            "athena/": 1,
            "purchase_parts/": 1,
            "staging/": 35,
            "parts/": 35,
            "chunks/": 35,
            "writeback/": 35,
            "cohorts/": 400,
            "results/": 400,
        },
    ),
    BucketPlan("results", personal=False, expire_days={"": 30}),
    BucketPlan("exports", personal=True, expire_days={"": 400}),
)
"""raw: files as dropped, and events · lake: tables without personal data · contacts: the tables with it ·
work: audiences, chunks, staged rows (a run lives at most a year) · results: answers of analysts' queries ·
exports: files for the core system."""


def bucket_name(environment: Environment, name: str) -> str:
    """Known before the bucket is: stacks that only name it in a policy need no export of it."""
    return f"{environment.physical(name)}-{Aws.ACCOUNT_ID}-{Aws.REGION}"


class Buckets(Construct):
    """Every bucket of `PLANS` by name."""

    def __init__(self, scope: Construct, environment: Environment, lake: kms.IKey, personal: kms.IKey) -> None:
        super().__init__(scope, "Buckets")
        self._environment = environment
        self._access_log = self._log_bucket()
        self.by_name = {plan.name: self._bucket(plan, personal if plan.personal else lake) for plan in PLANS}

    def __getitem__(self, name: str) -> s3.Bucket:
        return self.by_name[name]

    def _bucket(self, plan: BucketPlan, key: kms.IKey) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            plan.name.capitalize(),
            bucket_name=bucket_name(self._environment, plan.name),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            lifecycle_rules=[_unfinished_uploads(), *_expiry(plan.expire_days or {})],
            server_access_logs_bucket=self._access_log,
            server_access_logs_prefix=f"{plan.name}/",
            **self._safe(),
        )
        if plan.notifies:
            _notify(bucket)
        return bucket

    def _log_bucket(self) -> s3.Bucket:
        """S3 writes access logs only to a bucket under its own keys."""
        return s3.Bucket(
            self,
            "AccessLog",
            bucket_name=bucket_name(self._environment, "access-log"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[s3.LifecycleRule(id="expire", expiration=Duration.days(400))],
            **self._safe(),
        )

    def _safe(self) -> dict[str, Any]:
        return {
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "enforce_ssl": True,
            "minimum_tls_version": 1.2,
            "removal_policy": RemovalPolicy.RETAIN if self._environment.keep else RemovalPolicy.DESTROY,
        }


def _notify(bucket: s3.Bucket) -> None:
    """The bucket's own property; the construct's option would bring a function of its own along."""
    plain = bucket.node.default_child
    assert isinstance(plain, s3.CfnBucket)  # noqa: S101 the construct's contract
    plain.add_property_override("NotificationConfiguration", {"EventBridgeConfiguration": {"EventBridgeEnabled": True}})


def _unfinished_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(3))


def _expiry(days_by_prefix: Mapping[str, int]) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id=f"expire-{prefix.strip('/') or 'all'}", prefix=prefix or None, expiration=Duration.days(days)
        )
        for prefix, days in days_by_prefix.items()
    ]
