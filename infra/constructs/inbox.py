"""An inbox: files under a prefix of the raw bucket → EventBridge → queue → function; what fails five times, apart."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.buckets import bucket_name
from infra.constructs.queues import queue_pair
from infra.constructs.task_function import TaskFunction
from infra.environments import Environment

TRIES = 5


class Inbox(Construct):
    """`dead_letters` holds what could not be read; nothing is dropped in silence."""

    def __init__(
        self, scope: Construct, name: str, environment: Environment, *, prefix: str, reader: TaskFunction
    ) -> None:
        super().__init__(scope, f"{name}Inbox")
        patience = Duration.seconds(reader.plan.timeout + 60)
        self.queue, self.dead_letters = queue_pair(self, environment, name.lower(), patience, TRIES)
        rule = self._rule(environment, prefix)
        rule.add_target(targets.SqsQueue(self.queue, dead_letter_queue=self.dead_letters))
        reader.function.add_event_source(
            sources.SqsEventSource(
                self.queue,
                batch_size=10,
                max_batching_window=Duration.seconds(20),
                report_batch_item_failures=True,
                max_concurrency=reader.plan.readers,
            )
        )

    def _rule(self, environment: Environment, prefix: str) -> events.Rule:
        found = {"bucket": {"name": [bucket_name(environment, "raw")]}, "object": {"key": [{"prefix": prefix}]}}
        return events.Rule(
            self,
            "Rule",
            rule_name=environment.physical(f"{prefix.strip('/')}-arrived"),
            description=f"A file stands under {prefix} of the raw bucket",
            event_pattern=events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail=found),
        )
