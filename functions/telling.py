"""How a handler tells what goes wrong.

An error of Enishi leaves under the name of its class, which is what a state machine's Retry and Catch match. Any other
exception may quote a row, so only its type and the places it passed leave; its words stay here.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

from enishi.errors import EnishiError

NAMESPACE = "Enishi"
"""Of the metrics."""


class UnexpectedError(Exception):
    """A fault of the program, told without the data that it met."""


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
