"""The retailer's declarations in the raw bucket, where the functions read them: a file here is a file there.

A custom resource of the CDK's own writes each with its text out of the template. (A bucket deployment would bring the
AWS CLI along and ask for rights on the whole bucket.) A file that is declared no more is deleted; files that others put
there stay.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as custom
from constructs import Construct

from infra.constructs.buckets import bucket_name
from infra.constructs.nag import acknowledge
from infra.constructs.permissions import Grant, Places, grant
from infra.constructs.retention import log_group

_RUNTIME = "the CDK's own function: its Node.js is the newest that this release of the CDK proves"


class Declarations(Construct):
    """Every text of `files` (key → content) as an object of the raw bucket; nothing where there is none."""

    def __init__(self, scope: Construct, places: Places, files: Mapping[str, str]) -> None:
        super().__init__(scope, "Declarations")
        self._bucket = bucket_name(places.environment, "raw")
        if not files:
            return
        log = log_group(self, places.environment, f"/aws/lambda/{places.environment.physical('declarations')}")
        role = self._role(places, files)
        for key, text in files.items():
            made = custom.AwsCustomResource(
                self,
                key,
                function_name=places.environment.physical("declarations"),
                install_latest_aws_sdk=False,
                log_group=log,
                role=role,
                on_update=self._put(key, text),
                on_delete=self._call("deleteObject", key, {}),
                resource_type="Custom::Declaration",
            )
            made.node.add_dependency(role)
        for child in scope.node.find_all():
            if child.node.id.startswith(f"AWS{custom.AwsCustomResource.PROVIDER_FUNCTION_UUID.replace('-', '')}"):
                acknowledge(child, "AwsSolutions-L1", _RUNTIME)

    def _role(self, places: Places, files: Mapping[str, str]) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        name = places.environment.physical("declarations")
        streams = places.here("logs", f"log-group:/aws/lambda/{name}:*")
        grant(
            role,
            Grant(("s3:PutObject", "s3:DeleteObject"), tuple(f"{places.bucket('raw')}/{key}" for key in files)),
            Grant(("kms:GenerateDataKey", "kms:Decrypt"), (places.personal_key,)),
            Grant(("logs:CreateLogStream", "logs:PutLogEvents"), (streams,), "the streams of its own log group"),
        )
        return role

    def _put(self, key: str, text: str) -> custom.AwsSdkCall:
        return self._call("putObject", key, {"Body": text, "ContentType": "application/yaml; charset=utf-8"})

    def _call(self, action: str, key: str, more: Mapping[str, str]) -> custom.AwsSdkCall:
        return custom.AwsSdkCall(
            service="S3",
            action=action,
            parameters={"Bucket": self._bucket, "Key": key, **more},
            physical_resource_id=custom.PhysicalResourceId.of(key),
            output_paths=["ETag"],
        )
