"""The environments, as a table. What differs between them is an argument here and nowhere else."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, field
from typing import Literal

Architecture = Literal["arm64", "x86_64"]
GIB = 1024**3
RECORDER = 45980
"""Port of what stands for LINE and push beside the emulator: nothing leaves the machine."""


@dataclass(frozen=True)
class Environment:
    """One deployment of Enishi into one account and region of the retailer."""

    name: str
    region: str = "ap-northeast-1"
    tenant: str = "sample"
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    locale: str = "ja"
    mail_domain: str = "mail.example.com"
    """The domain that SES signs for; its DKIM records are printed by the delivery stack."""
    public_url: str = "https://mail.example.com"
    line_url: str = "https://api.line.me"
    push_application: str = ""
    """The Pinpoint application that holds the app's APNs and FCM credentials; "" makes one."""
    web_sites: str = ""
    """Who may send web events: `site=https://www.example.com https://m.example.com; other=…`; "" refuses everybody."""
    web_internal: str = ""
    """The retailer's own networks (`203.0.113.0/24 …`): their visits are marked like those of robots."""
    web_rate: int = 500
    """Requests a second that the web collector takes; bursts may be twice as high; what is refused comes again."""
    web_seconds: int = 900
    """How long web events are gathered before they are loaded (60 to 900): each load is a commit."""
    alarm_mail: str = ""
    """Who hears of alarms; "" makes the topic without a subscriber."""

    python: str = "3.12"
    architecture: Architecture = "arm64"
    clock: Literal["system", "planned"] = "system"
    scan_limit: int = 100 * GIB
    """Bytes that one query of an analyst may scan."""
    log_days: int = 30
    keep: bool = True
    """True leaves buckets, tables and keys behind when a stack is destroyed."""
    protect: bool = False
    """True refuses to destroy the stacks at all."""
    declared: str = "infra/declared"
    """Folder with `sources/` and `writebacks/` whose schedules and rights are deployed; a path from the repository."""
    schedules: bool = True
    """False deploys every trigger switched off."""
    retention: dict[str, dict[str, int]] = field(default_factory=dict)
    """Table → `snapshot_days`, `row_days`: over what the tables declare (docs/erasure.md)."""
    tags: dict[str, str] = field(default_factory=dict)

    def physical(self, part: str) -> str:
        """The name of a resource: `enishi-<environment>-<part>`."""
        return f"enishi-{self.name}-{part}"


def _this_machine() -> Architecture:
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def environments() -> dict[str, Environment]:
    """Every environment by name, as `-c env=NAME` says it."""
    listed = (
        Environment("dev", keep=False, scan_limit=10 * GIB, log_days=7, schedules=False),
        Environment("staging", schedules=False),
        Environment("prod", protect=True, log_days=365),
        Environment(
            "emulator",
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture=_this_machine(),
            clock="planned",
            line_url=f"http://127.0.0.1:{RECORDER}",
            push_application="emulated",
            web_sites="shop=https://shop.example.com",
            web_seconds=60,
            keep=False,
            log_days=1,
            schedules=False,
        ),
    )
    return {environment.name: environment for environment in listed}


def environment(name: str) -> Environment:
    """The environment called `name`.

    Raises:
        KeyError: there is none; the message lists those that are.
    """
    known = environments()
    if name not in known:
        raise KeyError(f"no environment {name!r}: say -c env=NAME with one of {', '.join(known)}")
    return known[name]
