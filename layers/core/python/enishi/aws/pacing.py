"""The account's rate, shared by the senders that run at one time."""

from __future__ import annotations

import time

from enishi.channels.pace import Paced, TokenBucket
from enishi.ports import ChannelProvider
from enishi.scenario.compile import SENDERS


def paced(provider: ChannelProvider, account_rate: float) -> Paced:
    """`provider` at this sender's share of `account_rate` messages a second.

    A batch may go at once; what it took too much is waited for before the next one.
    """
    bucket = TokenBucket(account_rate / SENDERS, provider.batch_size, time.monotonic, time.sleep)
    return Paced(provider, bucket)
