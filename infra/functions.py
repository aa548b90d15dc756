"""Every Lambda function in one table: what it is for, its size, what it may touch. Nothing else grants anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Touch(Enum):
    """One thing that a function may do."""

    RAW_READ = auto()
    WORK = auto()
    LAKE_READ = auto()
    LAKE_WRITE = auto()
    PERSONAL_READ = auto()
    PERSONAL_WRITE = auto()
    LEDGER = auto()
    GUARDS_READ = auto()
    GUARDS_WRITE = auto()
    SIGN = auto()
    MAIL = auto()
    LINE = auto()
    PUSH = auto()
    NOTICES = auto()
    WEB_STREAM = auto()
    PAGE_STREAM = auto()
    RAW_WRITE = auto()
    EXPORTS = auto()
    REPORTS = auto()
    VERSIONS = auto()


@dataclass(frozen=True)
class Function:
    """One handler of `functions/`, named like its task."""

    name: str
    purpose: str
    touches: frozenset[Touch]
    memory: int = 512
    """MiB; CPU grows with it (1,769 MiB is one core)."""
    timeout: int = 300
    """Seconds. Athena does the heavy work, so most of it is waiting."""
    disk: int = 512
    """MiB of /tmp."""
    quiet: bool = False
    """True keeps Lambda's own lines (start, end, report) out of its log: for what runs once a web request."""
    readers: int = 2
    """Executions that its queue may start at one time (SQS allows no fewer than 2); writers of one table wait for each
    other anyway, so a few are enough."""

    @property
    def camel(self) -> str:
        """`open_run` → `OpenRun`: the name in state machines (`${OpenRunArn}`) and constructs."""
        return "".join(word.capitalize() for word in self.name.split("_"))


_READS = frozenset({Touch.LAKE_READ, Touch.WORK})
_WRITES = _READS | {Touch.LAKE_WRITE}

RUN_TASKS = (
    Function("open_run", "freeze the version, take the run", _WRITES | {Touch.LEDGER}, timeout=120),
    Function("select", "one query → an immutable audience", _WRITES, timeout=900),
    Function("wait", "when to go on", _READS, timeout=60),
    Function("branch", "split a cohort by conditions", _READS, timeout=600),
    Function("split", "split a cohort by shares", _READS, timeout=600),
    Function("join", "arms meet again", _READS, timeout=300),
    Function("lanes", "best-hour buckets", _READS, timeout=600),
    Function("prepare", "who gets it, with what", _READS | {Touch.PERSONAL_READ}, timeout=900),
    Function("cut", "parts → chunk files", frozenset({Touch.WORK, Touch.SIGN}), memory=1769, timeout=900),
    Function("manifest", "the list of chunks", frozenset({Touch.WORK}), memory=1024, timeout=300),
    Function(
        "send",
        "decide, render, claim, send, settle",
        frozenset({Touch.WORK, Touch.LEDGER, Touch.GUARDS_READ, Touch.SIGN, Touch.MAIL, Touch.LINE, Touch.PUSH}),
        memory=1769,
        timeout=600,
    ),
    Function("close_step", "results → tables, balance", _WRITES | {Touch.LEDGER}, memory=1024, timeout=900),
    Function("close_run", "close the run", _WRITES | {Touch.LEDGER}, timeout=300),
)
"""What the scenario machines call."""

LOOP_TASKS = (
    Function(
        "ingest",
        "own layouts → tables",
        _WRITES | {Touch.RAW_READ, Touch.PERSONAL_WRITE, Touch.GUARDS_WRITE, Touch.NOTICES},
        memory=3008,
        timeout=900,
        disk=4096,
        readers=5,
    ),
    Function(
        "land",
        "providers' events → message_events",
        _WRITES | {Touch.RAW_READ, Touch.PERSONAL_WRITE, Touch.LEDGER, Touch.GUARDS_WRITE, Touch.NOTICES, Touch.SIGN},
        memory=1769,
        timeout=900,
    ),
    Function(
        "unify",
        "ids → persons (名寄せ)",
        _WRITES | {Touch.NOTICES, Touch.RAW_READ, Touch.PERSONAL_READ, Touch.PERSONAL_WRITE},
        memory=1024,
        timeout=900,
    ),
    Function("attribute", "orders → conversions", _WRITES | {Touch.NOTICES}, memory=1024, timeout=900),
    Function("retain", "what is too old goes", _WRITES | {Touch.PERSONAL_WRITE}, timeout=900),
)
"""What queues and schedules call."""

WEB = (
    Function(
        "collect",
        "the web tag's events → a stream",
        frozenset({Touch.SIGN, Touch.WEB_STREAM}),
        timeout=10,
        quiet=True,
    ),
    Function(
        "links",
        "clicks and opt-outs of our own links → a stream",
        frozenset({Touch.SIGN, Touch.PAGE_STREAM}),
        timeout=10,
        quiet=True,
    ),
)
"""What an HTTP API calls: no task of the loop."""

CORE_TASKS = (
    Function(
        "fetch",
        "the retailer's databases and buckets → raw files",
        _WRITES | {Touch.RAW_READ, Touch.RAW_WRITE},
        memory=1769,
        timeout=900,
        disk=2048,
    ),
    Function("import_due", "which deliveries are missing", _WRITES | {Touch.RAW_READ}, timeout=300),
    Function(
        "write_back",
        "results and segments → files for the core system",
        _WRITES | {Touch.RAW_READ, Touch.PERSONAL_READ, Touch.EXPORTS},
        memory=1769,
        timeout=900,
        disk=4096,
    ),
)
"""What connects the core system; deployed where sources or write-backs are declared (`infra.declared`)."""

FUNCTIONS = RUN_TASKS + LOOP_TASKS + WEB

ERASURE = frozenset(
    {
        Touch.RAW_READ,
        Touch.RAW_WRITE,
        Touch.WORK,
        Touch.LAKE_READ,
        Touch.LAKE_WRITE,
        Touch.PERSONAL_WRITE,
        Touch.LEDGER,
        Touch.GUARDS_WRITE,
        Touch.SIGN,
        Touch.REPORTS,
        Touch.VERSIONS,
    }
)
"""What `enishi erase` and `enishi access` of a person need; no function may do it."""
