"""SES: the signed domain, the configuration set, and its events as a stream into the raw bucket.

Results must not depend on a best-effort path: SES → Firehose → S3 keeps every event; EventBridge only says that a
file came.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.constructs.permissions import Grant, grant
from infra.constructs.streams import RawStream, raw_stream
from infra.environments import Environment

EVENTS = ["SEND", "DELIVERY", "OPEN", "CLICK", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY", "SUBSCRIPTION"]
_PLAN = RawStream("mail-events", "events/ses/!{timestamp:yyyy/MM/dd/HH}/", "ses", seconds=60)


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
        self.stream = raw_stream(self, environment, _PLAN, personal_key)
        self._destination(configuration)

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
