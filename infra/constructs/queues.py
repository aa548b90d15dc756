"""Queues: encrypted, reached by TLS only, each with a place for what fails again and again."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.nag import acknowledge
from infra.environments import Environment


def queue_pair(
    scope: Construct, environment: Environment, name: str, patience: Duration, tries: int
) -> tuple[sqs.Queue, sqs.Queue]:
    """A queue and its dead letters. `patience` is how long one reader may hold a message."""
    dead = dead_letters(scope, environment, name)
    queue = sqs.Queue(
        scope,
        "Queue",
        queue_name=environment.physical(name),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        visibility_timeout=patience,
        retention_period=Duration.days(14),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=tries),
    )
    return queue, dead


def dead_letters(scope: Construct, environment: Environment, name: str) -> sqs.Queue:
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        queue_name=environment.physical(f"{name}-dead-letters"),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    acknowledge(queue, "AwsSolutions-SQS3", "it is where dead letters go, of a queue, a rule or a schedule")
    return queue
