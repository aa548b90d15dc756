"""Athena workgroups: one for everything without personal data, with a limit a query; one for queries that meet it."""

from __future__ import annotations

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.environments import Environment


class Workgroups(Construct):
    """`analysis` (scan limit, answers under the lake's key) and `delivery` (answers under the key of personal data)."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        results: s3.IBucket,
        lake_key: kms.IKey,
        work: s3.IBucket,
        personal_key: kms.IKey,
    ) -> None:
        super().__init__(scope, "Workgroups")
        self.analysis = self._workgroup(
            environment, "analysis", f"s3://{results.bucket_name}/", lake_key, limit=environment.scan_limit
        )
        self.delivery = self._workgroup(environment, "delivery", f"s3://{work.bucket_name}/athena/", personal_key)

    def _workgroup(
        self, environment: Environment, name: str, output: str, key: kms.IKey, *, limit: int | None = None
    ) -> athena.CfnWorkGroup:
        """The workgroup's settings win over what a client asks for, so nobody can write answers elsewhere."""
        encrypted = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS", kms_key=key.key_arn
        )
        configuration = athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=limit,
            engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=output, encryption_configuration=encrypted
            ),
        )
        return athena.CfnWorkGroup(
            self,
            name.capitalize(),
            name=environment.physical(name),
            recursive_delete_option=not environment.keep,
            work_group_configuration=configuration,
        )
