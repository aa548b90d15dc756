"""Everything a flow needs, on a laptop: one workspace folder."""

from __future__ import annotations

from enishi.clock import Clock, ManualClock, SystemClock
from enishi.local.blobs import FolderBlobs
from enishi.local.ledger import SqliteLedger
from enishi.local.notices import LocalNotices
from enishi.local.outbox import Outbox
from enishi.local.permissions import SqlitePermissions
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Channel, Services, Warehouse, providers
from enishi.settings import Settings

SENDER = "no-reply@mail.example.jp"
"""An address without a name: mails carry the name of their scenario's brand."""
CHANNELS = (Channel.MAIL, Channel.LINE, Channel.PUSH)


def local_services(settings: Settings, clock: Clock | None = None, *, threads: int = 0) -> Services:
    """Services over `settings.home`: tables, raw and work files, ledger, permissions and an outbox.

    Without a `clock` the present is where the workspace's virtual clock stands, else the machine's. A query takes as
    many `threads` at most (0: as many as there are cores).
    """
    ticking = clock or _clock(settings)
    warehouse = LocalWarehouse(settings.home, settings, clock=ticking, threads=threads)
    return services_over(warehouse, settings, ticking)


def services_over(warehouse: Warehouse, settings: Settings, clock: Clock) -> Services:
    """The same stores, ledger and outbox over another warehouse."""
    home, sender = settings.home, settings.mail_from or SENDER
    outboxes = (Outbox(home / "outbox", channel, clock, sender=sender, zone=settings.tz) for channel in CHANNELS)
    return Services(
        settings=settings,
        clock=clock,
        warehouse=warehouse,
        raw=FolderBlobs(home / "raw"),
        work=FolderBlobs(home / "work"),
        ledger=SqliteLedger(home / "ledger.sqlite"),
        permissions=SqlitePermissions(home / "permissions.sqlite"),
        notices=LocalNotices(),
        channels=providers(outboxes),
        buckets=lambda name: FolderBlobs(home / "buckets" / name),
        exports=FolderBlobs(home / "exports"),
    )


def _clock(settings: Settings) -> Clock:
    return ManualClock(settings.present) if settings.present else SystemClock()
