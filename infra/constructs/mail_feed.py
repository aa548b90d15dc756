"""SES: the signed domain, the configuration set, and its events as a stream into the raw bucket.

Results must not depend on a best-effort path: SES → Firehose → S3 keeps every event; EventBridge only says that a
file came.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.constructs.buckets import bucket_name
from infra.constructs.permissions import Grant, grant
from infra.environments import Environment

EVENTS = ["SEND", "DELIVERY", "OPEN", "CLICK", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY", "SUBSCRIPTION"]
PREFIX = "events/ses/"


class MailFeed(Construct):
    """`stream` carries SES's events, one JSON line each, to `events/ses/` of the raw bucket."""

    def __init__(self, scope: Construct, environment: Environment, personal_key: str) -> None:
        super().__init__(scope, "MailFeed")
        self._environment = environment
        ses.CfnEmailIdentity(
            self,
            "Identity",
            email_identity=environment.mail_domain,
            mail_from_attributes=ses.CfnEmailIdentity.MailFromAttributesProperty(
                mail_from_domain=f"bounce.{environment.mail_domain}", behavior_on_mx_failure="USE_DEFAULT_VALUE"
            ),
        )
        configuration = ses.CfnConfigurationSet(
            self,
            "Configuration",
            name=environment.physical("mail"),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(reputation_metrics_enabled=True),
            suppression_options=ses.CfnConfigurationSet.SuppressionOptionsProperty(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
        )
        self.stream = self._stream(personal_key)
        self._destination(configuration)

    def _stream(self, personal_key: str) -> firehose.CfnDeliveryStream:
        bucket = f"arn:aws:s3:::{bucket_name(self._environment, 'raw')}"
        role = iam.Role(self, "StreamRole", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
        grant(
            role,
            Grant(("s3:PutObject", "s3:AbortMultipartUpload"), (f"{bucket}/{PREFIX}*", f"{bucket}/failed/*"), _FILES),
            Grant(("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"), (bucket,)),
            Grant(("kms:Decrypt", "kms:GenerateDataKey"), (personal_key,)),
        )
        stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=self._environment.physical("mail-events"),
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="AWS_OWNED_CMK"
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=bucket,
                role_arn=role.role_arn,
                prefix=PREFIX + "!{timestamp:yyyy/MM/dd/HH}/",
                error_output_prefix="failed/ses/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=60, size_in_m_bs=16
                ),
                compression_format="GZIP",
            ),
        )
        stream.node.add_dependency(role)
        return stream

    def _destination(self, configuration: ses.CfnConfigurationSet) -> None:
        role = iam.Role(
            self,
            "DestinationRole",
            assumed_by=iam.ServicePrincipal(
                "ses.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        grant(role, Grant(("firehose:PutRecord", "firehose:PutRecordBatch"), (self.stream.attr_arn,)))
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "Destination",
            configuration_set_name=configuration.ref,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                name="stream",
                enabled=True,
                matching_event_types=EVENTS,
                kinesis_firehose_destination=ses.CfnConfigurationSetEventDestination.KinesisFirehoseDestinationProperty(
                    delivery_stream_arn=self.stream.attr_arn, iam_role_arn=role.role_arn
                ),
            ),
        )
        destination.node.add_dependency(role)


_FILES = "Firehose names its files by time"
