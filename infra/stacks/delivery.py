"""What carries messages out and their events back: SES with its feed, and the push application."""

from __future__ import annotations

from aws_cdk import CfnOutput, CfnResource
from constructs import Construct

from infra.constructs.mail_feed import MailFeed
from infra.environments import Environment
from infra.stacks.base import EnishiStack
from infra.stacks.lake import LakeStack


class DeliveryStack(EnishiStack):
    """`feed` of mail events, and the id of the push application."""

    def __init__(self, scope: Construct, environment: Environment, lake: LakeStack) -> None:
        super().__init__(scope, environment, "delivery", "mail with its event feed, push")
        self.add_stack_dependency(lake)
        self.feed = MailFeed(self, environment, lake.keys.personal.key_arn)
        self.push_application = environment.push_application or self._push(environment)
        CfnOutput(self, "MailEvents", value=self.feed.stream.ref, description="stream of SES events")

    def _push(self, environment: Environment) -> str:
        """Only a keeper of credentials for SendMessages: nothing of Pinpoint's ended features.

        Said plainly, since the typed module of Pinpoint takes longer to import than the whole stack to build.
        """
        return CfnResource(
            self, "Push", type="AWS::Pinpoint::App", properties={"Name": environment.physical("push")}
        ).ref
