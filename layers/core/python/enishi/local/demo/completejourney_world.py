"""What happens after a message in the demo on published data: providers' events are simulated, purchases are real.

Nobody was really written to in 2017, so no purchase of this data is caused by a message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp

from enishi.clock import start_of_day
from enishi.lake import sql
from enishi.local.demo.days import EVENTS
from enishi.ports import Services
from enishi.sample.reactions import PROVIDERS, as_line, events_of
from enishi.sample.responses import read

NOBODY_BOUGHT: Mapping[str, int] = {}


@dataclass(frozen=True)
class Readers:
    """Deliveries, bounces, opens and clicks of the messages that went out, drawn from their ids and `seed` alone."""

    seed: int
    zone: ZoneInfo

    def end(self, services: Services, day: date) -> Sequence[str]:
        messages = services.warehouse.query(exp.select(exp.Star()).from_(sql.table_ref("messages")))
        events = self._react(messages, day)
        told = [f"{EVENTS}{provider}/{day}.jsonl" for provider in sorted(events)]
        for key, provider in zip(told, sorted(events), strict=True):
            services.raw.put(key, "".join(f"{line}\n" for line in events[provider]).encode())
        return told

    def _react(self, messages: pa.Table, day: date) -> dict[str, list[str]]:
        """Provider → what it reports on `day`, a JSON line an event, in the order of time."""
        customers = messages.column("customer_id").unique().to_pylist()
        sent = read(messages, {str(customer): number for number, customer in enumerate(customers)})
        start, end = (int(start_of_day(of, self.zone).timestamp()) for of in (day, day + timedelta(days=1)))
        lines: dict[str, list[str]] = defaultdict(list)
        found = events_of(sent, NOBODY_BOUGHT, self.seed, start, end)
        for message, event in sorted(found, key=lambda pair: (pair[1].at, pair[0].id, pair[1].kind)):
            lines[PROVIDERS[message.channel]].append(as_line(message, event))
        return dict(lines)
