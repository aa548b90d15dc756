"""Alarms: one function a kind, each telling the topic. No data is normal: an idle system costs and says nothing."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.task_function import TaskFunction
from infra.environments import Environment

BOUNCES = 0.04
COMPLAINTS = 0.0008
"""Shares at which SES starts a review; a run's own breaker stops it at the same ones."""
NAMESPACE = "Enishi"


class Alarms(Construct):
    """Makes alarms that tell `topic`."""

    def __init__(self, scope: Construct, environment: Environment, topic: sns.ITopic) -> None:
        super().__init__(scope, "Alarms")
        self._environment = environment
        self._action = actions.SnsAction(topic)

    def dead_letters(self, name: str, queue: sqs.IQueue) -> None:
        """Something was given up; the queue says what."""
        visible = queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="max")
        self._alarm(f"dead-letters-{name}", visible, 0, f"{name}: messages were given up; read the dead letters")

    def errors(self, task: TaskFunction) -> None:
        metric = task.function.metric_errors(period=Duration.minutes(5))
        self._alarm(f"errors-{task.plan.name}", metric, 0, f"{task.plan.name} failed: {task.plan.purpose}")

    def throttles(self, task: TaskFunction) -> None:
        metric = task.function.metric_throttles(period=Duration.minutes(5))
        self._alarm(f"throttles-{task.plan.name}", metric, 100, f"{task.plan.name} waits for concurrency", times=3)

    def unknown_sends(self) -> None:
        """Sends that went out and got no answer are held, not repeated: a person should look."""
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="unknown",
            dimensions_map={"service": "send"},
            statistic="sum",
            period=Duration.minutes(5),
        )
        self._alarm("unknown-sends", metric, 0, "sends without an answer are held; see docs/delivery.md")

    def reputation(self, name: str, metric: str, limit: float) -> None:
        share = cloudwatch.Metric(
            namespace="AWS/SES", metric_name=metric, statistic="average", period=Duration.minutes(15)
        )
        self._alarm(name, share, limit, f"SES's {name} share is near the point of review")

    def stale_feed(self, name: str, stream: str, limit: float) -> None:
        """Seconds that the oldest event waits in the stream."""
        metric = cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="DeliveryToS3.DataFreshness",
            dimensions_map={"DeliveryStreamName": stream},
            statistic="max",
            period=Duration.minutes(5),
        )
        self._alarm(f"stale-{name}-events", metric, limit, f"{name} events do not reach the raw bucket", times=2)

    def late_imports(self) -> None:
        """The hourly check counts sources whose delivery was due and is not there."""
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="late",
            dimensions_map={"service": "import_due"},
            statistic="max",
            period=Duration.hours(1),
        )
        self._alarm("late-imports", metric, 0, "a delivery of the core system is missing; see `enishi sources due`")

    def _alarm(self, name: str, metric: cloudwatch.IMetric, limit: float, what: str, *, times: int = 1) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._environment.physical(name.replace("_", "-")),
            alarm_description=what,
            metric=metric,
            threshold=limit,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=times,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
