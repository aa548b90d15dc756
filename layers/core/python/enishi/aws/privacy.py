"""Finding and erasing a person in an account: the tables' past by Athena, DynamoDB items, object versions, KMS.

What an account holds beyond that is named in `LIMITS`, and stands in every report.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
from sqlglot import exp

from enishi.aws import athena_spills
from enishi.aws.athena_names import Names
from enishi.aws.athena_runner import AthenaRunner
from enishi.aws.dynamo import get_all
from enishi.errors import NotSupportedError
from enishi.lake.schema import Table
from enishi.ports import Blobs, Channel, Services
from enishi.privacy.person import Person
from enishi.privacy.ports import Pruned, Records, Signature, Tools
from enishi.privacy.scan import Needles
from enishi.privacy.signatures import ECDSA
from enishi.settings import Settings

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

LIMITS = (
    "Data files of the tables are rewritten and expired by Athena (OPTIMIZE, VACUUM); this report counts rows, raw and"
    " work files, and does not open the files of the tables.",
    "Point-in-time recovery of DynamoDB, backups and copies outside this account's buckets keep what they have until"
    " they expire.",
    "Frequency counters of sends whose claim has expired from the ledger carry the id until their own expiry.",
    "Messages that went out stand in the mailboxes and phones that received them.",
)
_AGE, _LEAST = "vacuum_max_snapshot_age_seconds", "vacuum_min_snapshots_to_keep"
_DEFAULTS: Mapping[str, int] = {_AGE: 432_000, _LEAST: 1}
_FORGET: Mapping[str, int] = {_AGE: 60, _LEAST: 1}
_DAY = 86_400
AT_ONCE = 8
"""Tables that Athena maintains at one time: 65 tables, three statements each, within a function's fifteen minutes."""


class AthenaPast:
    """`enishi.privacy.ports.Past`: OPTIMIZE folds deletes into new files, VACUUM expires and deletes the old ones."""

    def __init__(
        self, settings: Settings, run: Callable[[str, str], int], glue: GlueClient, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._run = run
        self._glue = glue
        self._names = Names(settings)
        self._now = now

    def drop_left(self, oldest: datetime, *, dry_run: bool = False) -> int:
        return athena_spills.drop_left(self._glue, self._settings.staging_database, oldest, dry_run=dry_run)

    def forget(self, declared: Table) -> int:
        try:
            self._all(declared, [self._optimize(declared), self._properties(declared, _FORGET), self._vacuum(declared)])
        finally:
            self._all(declared, [self._properties(declared, _DEFAULTS)])
        return 0

    def keep_since(self, declared: Table, oldest: datetime, *, dry_run: bool = False) -> Pruned:
        age = max(int((self._now() - oldest).total_seconds()), _DAY)
        if not dry_run:
            kept = self._properties(declared, {_AGE: age, _LEAST: 1})
            self._all(declared, [self._optimize(declared), kept, self._vacuum(declared)])
        return Pruned()

    def _all(self, declared: Table, statements: Sequence[exp.Command]) -> None:
        personal = declared.database == "pii"
        group = self._settings.delivery_workgroup if personal else self._settings.workgroup
        for statement in statements:
            self._run(statement.sql(dialect="athena"), group)

    def _name(self, declared: Table) -> str:
        """Maintenance statements take `database.table` without a catalogue."""
        whole = self._names.table(declared)
        whole.set("catalog", None)
        return whole.sql(dialect="athena")

    def _optimize(self, declared: Table) -> exp.Command:
        return exp.Command(this="OPTIMIZE", expression=f"{self._name(declared)} REWRITE DATA USING BIN_PACK")

    def _vacuum(self, declared: Table) -> exp.Command:
        return exp.Command(this="VACUUM", expression=self._name(declared))

    def _properties(self, declared: Table, values: Mapping[str, int]) -> exp.Command:
        pairs = ", ".join(f"'{name}' = '{value:d}'" for name, value in values.items())
        hive = self._name(declared).replace('"', "`")
        return exp.Command(this="ALTER", expression=f"TABLE {hive} SET TBLPROPERTIES ({pairs})")


class DynamoClaims:
    """The ledger's items of a person, by the ids of their messages, and the counters that those items name."""

    name = "ledger"
    ja = "送信の台帳"

    def __init__(self, client: DynamoDBClient, ledger_table: str, guards_table: str) -> None:
        self._client = client
        self._ledger = ledger_table
        self._guards = guards_table

    def held(self, person: Person) -> list[dict[str, Any]]:
        found = get_all(self._client, self._ledger, sorted(person.of("message")))
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found.values()]

    def erase(self, person: Person) -> int:
        """Counters first: the items name them, so that an erasure that is killed in between finds them again."""
        found = get_all(self._client, self._ledger, sorted(person.of("message")))
        counters = {f"cap#{key['S']}" for item in found.values() for key in item.get("caps", {}).get("L", [])}
        for table, keys in ((self._guards, sorted(counters)), (self._ledger, sorted(found))):
            _delete(self._client, table, keys)
        return len(found)


class DynamoRefusals:
    """The permission items of a person."""

    name = "permissions"
    ja = "配信停止の記録"

    def __init__(self, client: DynamoDBClient, guards_table: str) -> None:
        self._client = client
        self._table = guards_table

    def held(self, person: Person) -> list[dict[str, Any]]:
        found = get_all(self._client, self._table, self._keys(person))
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found.values()]

    def erase(self, person: Person) -> int:
        found = get_all(self._client, self._table, self._keys(person))
        _delete(self._client, self._table, sorted(found))
        return len(found)

    def _keys(self, person: Person) -> list[str]:
        return [f"permission#{channel}#{one}" for one in sorted(person.of("customer")) for channel in Channel]


def _delete(client: DynamoDBClient, table: str, keys: Sequence[str]) -> None:
    for key in keys:
        client.delete_item(TableName=table, Key={"pk": {"S": key}})


class BucketFiles:
    """`enishi.privacy.ports.Files` over the raw and the work bucket: what they hold now, and older versions."""

    def __init__(self, client: S3Client, buckets: Mapping[str, str], stores: Mapping[str, Blobs]) -> None:
        self._client = client
        self._buckets = buckets
        self._stores = stores

    def hits(self, needles: frozenset[str]) -> Mapping[str, int]:
        looked = Needles(needles)
        found: dict[str, int] = {}
        for name, store in self._stores.items():
            for key in store.list(""):
                place = f"{name}/{key.partition('/')[0]}"
                found[place] = found.get(place, 0) + bool(needles and looked.inside(store.get(key)))
        return found

    def sweep(self, person: Person) -> int:
        """Delete versions that are not the present ones of objects that named the person; how many."""
        looked = Needles(person.needles)
        return sum(self._purged(bucket, looked) for bucket in self._buckets.values())

    def messages(self, send_ids: Sequence[str]) -> list[dict[str, Any]]:
        """None: an account keeps no copy of what went out."""
        del send_ids
        return []

    def _purged(self, bucket: str, looked: Needles) -> int:
        gone = [version for version in self._older(bucket) if self._names(bucket, version, looked)]
        for key, version in gone:
            self._client.delete_object(Bucket=bucket, Key=key, VersionId=version)
        return len(gone)

    def _older(self, bucket: str) -> Iterator[tuple[str, str]]:
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", []):
                if not version["IsLatest"]:
                    yield version["Key"], version["VersionId"]

    def _names(self, bucket: str, version: tuple[str, str], looked: Needles) -> bool:
        body = self._client.get_object(Bucket=bucket, Key=version[0], VersionId=version[1])["Body"]
        return looked.inside(body.read())


class KmsSigner:
    """`enishi.privacy.ports.Signer` with an asymmetric KMS key (ECC_NIST_P256) that nobody can take out of KMS."""

    def __init__(self, client: Any, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def sign(self, content: bytes) -> Signature:
        signed = self._client.sign(KeyId=self._key_id, Message=content, MessageType="RAW", SigningAlgorithm=ECDSA)
        public = self._client.get_public_key(KeyId=self._key_id)["PublicKey"]
        return Signature(ECDSA, signed["KeyId"], _text(public), _text(signed["Signature"]))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def aws_tools(services: Services, session: Session | None = None) -> Tools:
    """Everything that erasure and access need in the account of `services`.

    Raises:
        NotSupportedError: the environment has no signing key.
    """
    settings, session = services.settings, session or boto3.Session()
    if not settings.erasure_key:
        raise NotSupportedError(
            "this environment has no key that signs erasure reports", remedy="Set ENISHI_ERASURE_KEY to a KMS key."
        )
    dynamo, s3 = session.client("dynamodb"), session.client("s3")
    records: tuple[Records, ...] = (
        DynamoClaims(dynamo, settings.ledger_table, settings.guards_table),
        DynamoRefusals(dynamo, settings.guards_table),
    )
    buckets = {"raw": settings.raw_bucket, "work": settings.work_bucket}
    return Tools(
        services=services,
        past=AthenaPast(settings, _runner(session), session.client("glue"), services.clock.now),
        records=records,
        files=BucketFiles(s3, buckets, {"raw": services.raw, "work": services.work}),
        signer=KmsSigner(session.client("kms"), settings.erasure_key),
        at_once=AT_ONCE,
        limits=LIMITS,
    )


def _runner(session: Session) -> Callable[[str, str], int]:
    return AthenaRunner(session.client("athena"), sleep=time.sleep).run
