"""What the handlers of tasks share: settings and services once a cold start; log, trace and metric of each call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from enishi.clock import ManualClock, from_text
from enishi.flow.tasks import perform
from enishi.ports import Services
from enishi.settings import from_environment
from enishi.wiring import services
from functions.telling import NAMESPACE, told

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]
Load = Callable[[], Services]


@cache
def deployed() -> Services:
    """The services of this function's environment, made on its first call."""
    return services(from_environment())


def task(name: str, load: Load = deployed) -> Handler:
    """A handler whose event is the task's payload and whose answer is the task's."""

    def run(event: Event) -> Event:
        return perform(_at(load(), event), name, event)

    return _watched(name, run)


def call(name: str, do: Callable[[Services], Event], load: Load = deployed) -> Handler:
    """A handler of what is no task: it says nothing in its event, and `do` answers."""
    return _watched(name, lambda _event: do(load()))


def dropped_files(name: str, load: Load = deployed) -> Handler:
    """A handler for a queue of S3's "Object Created" events: one task a file; only files that failed come again."""
    logger = Logger(service=name)

    def one(record: SQSRecord) -> None:
        key = json.loads(record.body)["detail"]["object"]["key"]
        with told(logger, key=key):
            perform(load(), name, {"key": key})

    def run(event: Event) -> Event:
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event, one, processor))

    return _watched(name, run)


def _at(wired: Services, event: Event) -> Services:
    """With a planned clock the present of a task is the `at` of its payload, of a run's first task its slot."""
    present = event.get("at") or event.get("slot_at")
    if wired.settings.clock == "planned" and present:
        return replace(wired, clock=ManualClock(from_text(present)))
    return wired


def _watched(name: str, run: Callable[[Event], Event]) -> Handler:
    logger, tracer = Logger(service=name), Tracer(service=name)
    metrics = Metrics(namespace=NAMESPACE, service=name)

    def handler(event: Event, context: LambdaContext) -> Event:
        with told(logger, request=context.aws_request_id):
            answer = run(event)
        counts = {counted: count for counted, count in answer.items() if type(count) is int}
        for counted, count in counts.items():
            metrics.add_metric(counted, MetricUnit.Count, count)
        if counts:
            metrics.flush_metrics()
        return answer

    traced: Handler = tracer.capture_lambda_handler(handler, capture_response=False, capture_error=False)
    return traced
