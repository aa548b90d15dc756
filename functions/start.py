"""What all handlers share: settings and services once a cold start; log, trace and metric of each call.

An error of Enishi leaves under the name of its class, which is what a state machine's Retry and Catch match. Any other
exception may quote a row, so only its type and the places it passed leave; its words stay here.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from enishi.aws.http_api import answer_of, request_of
from enishi.clock import Clock, ManualClock, SystemClock, from_text
from enishi.errors import EnishiError
from enishi.flow.tasks import perform
from enishi.ingest.collector.endpoint import Collector
from enishi.ports import EventStream, Services
from enishi.settings import from_environment
from enishi.wiring import services, web_collector

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]
Load = Callable[[], Services]
LoadWeb = Callable[[], tuple[Collector, EventStream]]
NAMESPACE = "Enishi"


class UnexpectedError(Exception):
    """A fault of the program, told without the data that it met."""


@cache
def deployed() -> Services:
    """The services of this function's environment, made on its first call."""
    return services(from_environment())


def task(name: str, load: Load = deployed) -> Handler:
    """A handler whose event is the task's payload and whose answer is the task's."""

    def run(event: Event) -> Event:
        return perform(_at(load(), event), name, event)

    return _watched(name, run)


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


@cache
def deployed_web() -> tuple[Collector, EventStream]:
    """The web collector of this function's environment, made on its first call."""
    return web_collector(from_environment())


def web(name: str, load: LoadWeb = deployed_web, clock: Clock | None = None) -> Handler:
    """A handler for an HTTP API in front of the web collector. Lines are safe in the stream before the answer leaves.

    It runs once a request of the tag, so it says nothing of those that went well.
    """
    logger, tracer, metrics = Logger(service=name), Tracer(service=name), Metrics(namespace=NAMESPACE, service=name)
    ticking = clock or SystemClock()

    def handler(event: Event, context: LambdaContext) -> Event:
        with told(logger, request=context.aws_request_id):
            known, stream = load()
            outcome = known.answer(request_of(event, ticking.now()))
            if outcome.lines:
                stream.put(outcome.lines)
        if outcome.refused:
            metrics.add_metric("refused", MetricUnit.Count, outcome.refused)
            metrics.flush_metrics()
        return answer_of(outcome.response)

    traced: Handler = tracer.capture_lambda_handler(handler, capture_response=False, capture_error=False)
    return traced


@contextmanager
def told(logger: Logger, **where: str) -> Iterator[None]:
    """Log what goes wrong inside, without any data, and let it leave in a form that carries none.

    Raises:
        EnishiError: as it came.
        UnexpectedError: in the place of any other exception.
    """
    try:
        yield
    except EnishiError as error:
        logger.error(type(error).__name__, extra={**error.as_dict(), **where})
        raise
    except Exception as error:
        places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        logger.error(type(error).__name__, extra={"places": places, **where})
        raise UnexpectedError(f"{type(error).__name__} at {places[-1]}") from None


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
