"""What a person looks at: one topic, alarms, failed runs, one dashboard."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import BOUNCES, COMPLAINTS, NAMESPACE, Alarms
from infra.environments import Environment
from infra.stacks.base import EnishiStack
from infra.stacks.delivery import DeliveryStack
from infra.stacks.lake import LakeStack
from infra.stacks.runtime import RuntimeStack
from infra.stacks.scenarios import ScenariosStack

OUTCOMES = ("accepted", "refused", "suppressed", "unknown", "holdout", "quarantined")


class WatchStack(EnishiStack):
    """Alarms and failed runs go to `topic`; the dashboard shows the loop."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        lake: LakeStack,
        runtime: RuntimeStack,
        delivery: DeliveryStack,
        scenarios: ScenariosStack,
    ) -> None:
        super().__init__(scope, environment, "watch", "alarms and dashboard")
        self.add_stack_dependency(scenarios)
        self.topic = self._topic(environment, lake)
        self._alarms(environment, runtime, delivery, dead_letters(runtime, scenarios))
        self._failed_runs(environment)
        self._dashboard(environment, runtime, scenarios)

    def _topic(self, environment: Environment, lake: LakeStack) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=environment.physical("alarms"),
            master_key=lake.keys.lake,
            enforce_ssl=True,
        )
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        if environment.alarm_mail:
            topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_mail))
        return topic

    def _alarms(
        self, environment: Environment, runtime: RuntimeStack, delivery: DeliveryStack, dead: dict[str, sqs.Queue]
    ) -> None:
        alarms = Alarms(self, environment, self.topic)
        for name, queue in dead.items():
            alarms.dead_letters(name, queue)
        for task in runtime.functions.values():
            alarms.errors(task)
        alarms.throttles(runtime.functions["send"])
        alarms.unknown_sends()
        alarms.reputation("bounces", "Reputation.BounceRate", BOUNCES)
        alarms.reputation("complaints", "Reputation.ComplaintRate", COMPLAINTS)
        alarms.stale_feed("mail", delivery.feed.stream.ref, 900)
        alarms.stale_feed("web", runtime.web.stream.ref, environment.web_seconds + 900)
        if "import_due" in runtime.functions:
            alarms.late_imports()

    def _failed_runs(self, environment: Environment) -> None:
        """One rule for all machines costs nothing, whatever their number."""
        failed = {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [{"wildcard": f"*:stateMachine:{environment.physical('*')}"}],
        }
        rule = events.Rule(
            self,
            "FailedRuns",
            rule_name=environment.physical("failed-runs"),
            event_pattern=events.EventPattern(
                source=["aws.states"], detail_type=["Step Functions Execution Status Change"], detail=failed
            ),
        )
        told = events.RuleTargetInput.from_object(
            {
                "run": events.EventField.from_path("$.detail.name"),
                "status": events.EventField.from_path("$.detail.status"),
            }
        )
        rule.add_target(targets.SnsTopic(self.topic, message=told))

    def _dashboard(self, environment: Environment, runtime: RuntimeStack, scenarios: ScenariosStack) -> None:
        sends = [_outcome(name) for name in OUTCOMES]
        machines = [_started(one.machine.attr_arn, name) for name, one in scenarios.machines.items()]
        functions = list(runtime.functions.values())
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=environment.physical("loop"))
        board.add_widgets(
            cloudwatch.GraphWidget(title="Messages by outcome", left=sends, stacked=True, width=12),
            cloudwatch.GraphWidget(title="Runs started", left=machines, width=12),
        )
        board.add_widgets(
            cloudwatch.GraphWidget(title="Errors", left=[one.function.metric_errors() for one in functions], width=12),
            cloudwatch.GraphWidget(
                title="Duration", left=[one.function.metric_duration() for one in functions], width=12
            ),
        )
        queues = [inbox.queue.metric_approximate_age_of_oldest_message() for inbox in runtime.inboxes]
        board.add_widgets(cloudwatch.GraphWidget(title="Oldest file waiting (s)", left=queues, width=12))


def dead_letters(runtime: RuntimeStack, scenarios: ScenariosStack) -> dict[str, sqs.Queue]:
    """Every queue of given-up messages by a short name."""
    inboxes = {inbox.node.id.removesuffix("Inbox").lower(): inbox.dead_letters for inbox in runtime.inboxes}
    core = {"core-system": runtime.core.dead_letters} if runtime.core.dead_letters else {}
    return {**inboxes, **core, "daily": runtime.daily.dead_letters, "scenarios": scenarios.dead_letters}


def _outcome(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(namespace=NAMESPACE, metric_name=name, dimensions_map={"service": "send"}, statistic="sum")


def _started(arn: str, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name="ExecutionsStarted",
        dimensions_map={"StateMachineArn": arn},
        statistic="sum",
        label=name,
    )
