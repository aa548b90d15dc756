"""EventBridge Scheduler: calls at local times of the environment's zone, with the due time in the call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.permissions import Grant, grant
from infra.constructs.queues import dead_letters
from infra.constructs.task_function import TaskFunction
from infra.environments import Environment

DUE = "<aws.scheduler.scheduled-time>"
"""What Scheduler replaces by the due instant, UTC; a late or repeated call says the same instant."""

LATEST = 3600
"""Seconds after which Scheduler gives up a call; the run itself refuses a slot that is too late."""


@dataclass(frozen=True)
class DailyCall:
    """A task that is called once a day with a constant payload; `DUE` stands for the due instant."""

    task: str
    when: str
    payload: Mapping[str, str] = field(default_factory=dict)


class Daily(Construct):
    """Functions that run once a day, at cron expressions in the environment's zone."""

    def __init__(
        self, scope: Construct, environment: Environment, tasks: Mapping[str, TaskFunction], calls: Iterable[DailyCall]
    ) -> None:
        super().__init__(scope, "Daily")
        self.dead_letters = dead_letters(self, environment, "daily")
        role = scheduler_role(self, self.dead_letters)
        for call in calls:
            arn = tasks[call.task].function.function_arn
            grant(role, Grant(("lambda:InvokeFunction",), (arn,)))
            target = scheduled_target(arn, role, self.dead_letters, call.payload)
            schedule(self, environment, call.task, call.when, environment.zone, target)


def scheduler_role(scope: Construct, dead: sqs.Queue) -> iam.Role:
    """A role that EventBridge Scheduler may take, with room for its failed calls."""
    role = iam.Role(scope, "SchedulerRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
    grant(role, Grant(("sqs:SendMessage",), (dead.queue_arn,)))
    return role


def scheduled_target(
    arn: str, role: iam.Role, dead: sqs.Queue, given: Mapping[str, object]
) -> scheduler.CfnSchedule.TargetProperty:
    return scheduler.CfnSchedule.TargetProperty(
        arn=arn,
        role_arn=role.role_arn,
        input=json.dumps(dict(given)),
        dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead.queue_arn),
        retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
            maximum_event_age_in_seconds=LATEST, maximum_retry_attempts=5
        ),
    )


def schedule(
    scope: Construct,
    environment: Environment,
    name: str,
    expression: str,
    zone: str,
    target: scheduler.CfnSchedule.TargetProperty,
) -> scheduler.CfnSchedule:
    """One schedule, exactly on time, off where the environment's schedules are off."""
    return scheduler.CfnSchedule(
        scope,
        f"At-{name}",
        name=environment.physical(name),
        schedule_expression=expression,
        schedule_expression_timezone=zone,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        state="ENABLED" if environment.schedules else "DISABLED",
        target=target,
    )
