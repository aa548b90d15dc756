"""The start of the web collector's handler: no lake, no Arrow, no tracer's client, so that a cold start is short."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from enishi.aws.http_api import answer_of, request_of
from enishi.clock import Clock, SystemClock
from enishi.ingest.collector.endpoint import Collector
from enishi.settings import from_environment
from enishi.wiring import web_collector
from functions.telling import NAMESPACE, told

if TYPE_CHECKING:
    from enishi.ports import EventStream

Event = dict[str, Any]
Load = Callable[[], "tuple[Collector, EventStream]"]


@cache
def deployed() -> tuple[Collector, EventStream]:
    """The web collector of this function's environment, made on its first call."""
    return web_collector(from_environment())


def web(name: str, load: Load = deployed, clock: Clock | None = None) -> Callable[[Event, LambdaContext], Event]:
    """A handler for an HTTP API in front of the web collector. Lines are safe in the stream before the answer leaves.

    It runs once a request of the tag, so it says nothing of those that went well.
    """
    logger, metrics = Logger(service=name), Metrics(namespace=NAMESPACE, service=name)
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

    return handler
