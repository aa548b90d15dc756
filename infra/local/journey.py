"""The way of the data through the deployed stacks: raw files → lake → run → mails → events → lake, each step proven."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from sqlglot import exp

from enishi.clock import SystemClock, to_text
from enishi.lake import sql
from enishi.local.warehouse import LocalWarehouse
from enishi.sample.generate import Manifest, generate
from enishi.sample.world import World
from infra.local.account import CHOSEN, bucket, client, function, machine
from infra.local.emulator import ACCOUNT, BUILD, Emulator
from infra.local.recorder import Recorded
from infra.local.waiting import wait_until

SEED, MEMBERS = 7, 1500
DAY = date(2026, 11, 21)
SLOT = datetime(2026, 11, 21, 1, tzinfo=UTC)
"""10:00 in Tokyo: when `points_expiry` is due."""
SCENARIO = "points_expiry"
SITE = "https://shop.example.com"
EVENT = "01K" + "E" * 23
REACTION_DAYS = 31
"""The scenario's last step goes out 29 days after its first."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Journey:
    """One pass over an emulator with deployed stacks; `lake` is what Athena's stand-in works on."""

    emulator: Emulator
    lake: LocalWarehouse
    say: Say

    def ingest(self) -> None:
        """Drop the sample retailer's raw files and wait until each of them is loaded."""
        folder = BUILD / "sample"
        manifest = generate(folder, SEED, MEMBERS, DAY)
        keys = self._drop(folder, manifest)
        self.say(f"dropped {len(keys)} raw files ({manifest.rows:,} rows) into {bucket('raw')}/drop/")
        wait_until(lambda: self._loaded(keys), 420, "every dropped file is loaded")
        rows = {table: self._count(table) for table in ("customers", "orders", "order_lines", "point_ledger")}
        self.say("loaded: " + ", ".join(f"{table} {count:,}" for table, count in rows.items()))
        self.say(f"unified: {self._call('unify', {})}")

    def collect(self) -> None:
        """A visitor's tag sends one batch twice to the deployed endpoint; the event stands once in the lake."""
        body = json.dumps(_visit())
        headers = {"origin": SITE, "user-agent": "Mozilla/5.0 (iPhone) Safari/604.1", "accept-language": "ja"}
        for _ in range(2):
            answer = httpx.post(f"{self._web()}/e", content=body, headers=headers, timeout=60)
            if answer.status_code != 204:
                raise RuntimeError(f"the web collector answered {answer.status_code}; see emulator.log")
        wait_until(lambda: EVENT in self._column("web_events", "event_id"), 240, "the tag's event stands in web_events")
        _same("events sent", 1, "rows of it in the lake", self._column("web_events", "event_id").count(EVENT))
        self.say("collected: one event, sent twice, stands once in web_events")

    def run(self) -> str:
        """Start the scenario's machine for its slot, wait until it has gone through its waits; its execution's ARN."""
        states = client(self.emulator, "stepfunctions")
        given = json.dumps({"slot_at": to_text(SLOT)})
        started = states.start_execution(stateMachineArn=machine(SCENARIO), name=f"local-{time.time_ns()}", input=given)
        arn = str(started["executionArn"])
        wait_until(lambda: self._ended(arn), 420, f"the run of {SCENARIO} ends")
        found = states.describe_execution(executionArn=arn)
        if found["status"] != "SUCCEEDED":
            raise RuntimeError(f"the run ended as {found['status']}: {self._cause(arn)}")
        self.say(f"{SCENARIO} ran: {self._waits(arn)} waits passed, run {self._column('scenario_runs', 'run_id')}")
        return arn

    def show_messages(self, recorded: Recorded) -> None:
        """The mails that SES recorded, and the ledger's balance, which must be the same number."""
        mails = self.mails()
        outcomes = Counter(zip(self._column("messages", "channel"), self._column("messages", "status"), strict=True))
        self.say(
            "messages: " + ", ".join(f"{channel} {status} {n}" for (channel, status), n in sorted(outcomes.items()))
        )
        for mail in mails[:3]:
            self.say(f"  mail: {mail.get('Subject') or _subject(mail)}")
        sent = Counter(channel for (channel, status), n in outcomes.items() if status == "sent" for _ in range(n))
        _same("mails recorded by SES", len(mails), "messages sent by mail in the lake", sent["mail"])
        _same("requests recorded for LINE", len(recorded.line), "messages sent by LINE in the lake", sent["line"])
        _same("notifications recorded for push", len(recorded.push), "messages sent by push in the lake", sent["push"])
        if not mails:
            raise RuntimeError("no mail went out")

    def land(self) -> None:
        """Let people react, put SES's events on the deployed stream, wait until they stand in the lake."""
        lines = self._reactions()
        firehose = client(self.emulator, "firehose")
        for start in range(0, len(lines), 400):
            records = [{"Data": "".join(f"{line}\n" for line in lines[start : start + 400]).encode()}]
            firehose.put_record_batch(DeliveryStreamName=CHOSEN.physical("mail-events"), Records=records)
        self.say(f"put {len(lines)} SES events on the stream {CHOSEN.physical('mail-events')}")
        # A "Send" only settles what was in doubt; every other event is a row.
        wanted = sum(json.loads(line)["eventType"] != "Send" for line in lines)
        wait_until(lambda: self._landed(wanted), 240, f"{wanted} events stand in message_events")
        kinds = Counter(self._column("message_events", "event_type"))
        self.say("landed: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
        at = to_text(SLOT + timedelta(days=REACTION_DAYS))
        self.say(f"attributed: {self._call('attribute', {'at': at})}")

    def mails(self) -> list[dict[str, Any]]:
        """What the emulator's SES holds."""
        found = httpx.get(
            f"{self.emulator.url}/_ministack/ses/messages", params={"account": ACCOUNT}, timeout=20
        ).json()
        return list(found["messages"].get(ACCOUNT, []))

    def _web(self) -> str:
        """The deployed HTTP API under the emulator's own address for it."""
        apis = client(self.emulator, "apigatewayv2").get_apis()["Items"]
        [found] = [api["ApiId"] for api in apis if api["Name"] == CHOSEN.physical("web")]
        return f"{self.emulator.url}/_aws/execute-api/{found}/$default"

    def _drop(self, folder: Path, manifest: Manifest) -> list[str]:
        s3 = client(self.emulator, "s3")
        keys = []
        for file in manifest.files:
            key = f"drop/{file.source}/{file.path.name}"
            s3.put_object(Bucket=bucket("raw"), Key=key, Body=(folder / file.path).read_bytes())
            keys.append(key)
        return keys

    def _loaded(self, keys: list[str]) -> bool:
        self._no_errors("ingest")
        return set(keys) <= set(self._column("load_log", "file"))

    def _landed(self, wanted: int) -> bool:
        self._no_errors("land")
        return self._count("message_events") >= wanted

    def _no_errors(self, task: str) -> None:
        """A file that failed comes again after a quarter of an hour; nobody waits for that here."""
        events = client(self.emulator, "logs").filter_log_events(logGroupName=f"/aws/lambda/{function(task)}")["events"]
        for event in events:
            for line in event["message"].splitlines():
                if '"level":"ERROR"' in line:
                    raise RuntimeError(f"{task} failed: {line}")

    def _call(self, task: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        answer = client(self.emulator, "lambda").invoke(FunctionName=function(task), Payload=json.dumps(dict(payload)))
        body = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"{task} failed: {body}")
        return dict(body)

    def _reactions(self) -> list[str]:
        world, messages = World(SEED, MEMBERS, DAY), self._table("messages")
        days = [DAY + timedelta(days=number) for number in range(REACTION_DAYS)]
        return [line for day in days for line in world.react(messages, day).get("ses", [])]

    def _ended(self, arn: str) -> bool:
        states = client(self.emulator, "stepfunctions")
        return bool(states.describe_execution(executionArn=arn)["status"] != "RUNNING")

    def _waits(self, arn: str) -> int:
        return sum(event["type"] == "WaitStateEntered" for event in self._history(arn))

    def _cause(self, arn: str) -> str:
        """What the first task that failed said."""
        told = [detail for event in self._history(arn) for detail in event.values() if isinstance(detail, dict)]
        failed = next((detail for detail in told if detail.get("error") and "cause" in detail), {})
        return f"{failed.get('error', 'no task failed')} {failed.get('cause', '')}"[:2000]

    def _history(self, arn: str) -> list[Mapping[str, Any]]:
        pages = client(self.emulator, "stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]

    def _table(self, name: str) -> pa.Table:
        return self.lake.query(exp.select("*").from_(sql.table_ref(name)))

    def _column(self, table: str, column: str) -> list[Any]:
        query = exp.select(sql.column("t", column)).from_(sql.table_ref(table, "t"))
        return list(self.lake.query(query).column(0).to_pylist())

    def _count(self, table: str) -> int:
        query = exp.select(exp.Count(this=exp.Star())).from_(sql.table_ref(table))
        return int(self.lake.query(query).column(0)[0].as_py())


def _visit() -> dict[str, Any]:
    """What a tag sends of one page view, now."""
    now = int(SystemClock().now().timestamp() * 1000)
    view = {"event_id": EVENT, "at": now, "event_type": "page_view", "visitor_id": "01K" + "V" * 23, "page_path": "/"}
    return {"site": "shop", "consent": True, "sent_at": now, "events": [view]}


def _subject(mail: Mapping[str, Any]) -> str:
    return str(json.loads(mail.get("TemplateData") or "{}").get("subject", ""))


def _same(first: str, left: int, second: str, right: int) -> None:
    if left != right:
        raise RuntimeError(f"{first}: {left}, but {second}: {right}")
