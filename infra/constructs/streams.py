"""Streams into the raw bucket: what comes in records is gathered into gzip files, whose arrival starts the loading."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from constructs import Construct

from infra.constructs.buckets import bucket_name
from infra.constructs.permissions import Grant, grant
from infra.environments import Environment

_FILES = "Firehose names its files by time"
_Destination = firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty
_Encryption = firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty


@dataclass(frozen=True)
class RawStream:
    """What differs between streams."""

    name: str
    prefix: str
    """Where its files go, with Firehose's own expressions for the time."""
    failed: str
    """Folder under `failed/` for what cannot be written."""
    seconds: int
    """How long records are gathered."""
    extension: str | None = None


def raw_stream(
    scope: Construct, environment: Environment, plan: RawStream, personal_key: str
) -> firehose.CfnDeliveryStream:
    """The stream `plan.name`, its role and its files under the key of personal data."""
    bucket = f"arn:aws:s3:::{bucket_name(environment, 'raw')}"
    folder = plan.prefix.partition("!")[0]
    role = iam.Role(scope, "StreamRole", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
    grant(
        role,
        Grant(("s3:PutObject", "s3:AbortMultipartUpload"), (f"{bucket}/{folder}*", f"{bucket}/failed/*"), _FILES),
        Grant(("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"), (bucket,)),
        Grant(("kms:Decrypt", "kms:GenerateDataKey"), (personal_key,)),
    )
    stream = firehose.CfnDeliveryStream(
        scope,
        "Stream",
        delivery_stream_name=environment.physical(plan.name),
        delivery_stream_type="DirectPut",
        delivery_stream_encryption_configuration_input=_Encryption(key_type="AWS_OWNED_CMK"),
        extended_s3_destination_configuration=_Destination(
            bucket_arn=bucket,
            role_arn=role.role_arn,
            prefix=plan.prefix,
            error_output_prefix=f"failed/{plan.failed}/!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd}}/",
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                interval_in_seconds=plan.seconds, size_in_m_bs=16
            ),
            compression_format="GZIP",
            file_extension=plan.extension,
        ),
    )
    stream.node.add_dependency(role)
    return stream
