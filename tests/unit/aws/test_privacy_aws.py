"""Erasure in an account, as far as moto can prove it: DynamoDB items, object versions, signatures, statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from boto3.session import Session
from moto import mock_aws

from enishi.aws.dynamo_ledger import DynamoLedger
from enishi.aws.dynamo_permissions import DynamoPermissions
from enishi.aws.privacy import AthenaPast, BucketFiles, DynamoClaims, DynamoRefusals, KmsSigner, aws_tools
from enishi.aws.s3 import S3Blobs
from enishi.aws.services import aws_services
from enishi.errors import NotSupportedError
from enishi.lake.schema import table
from enishi.ports import Cap, Channel, Claim
from enishi.privacy.person import Person
from enishi.privacy.signatures import signed, verified
from enishi.settings import Settings

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
PERSON = Person(
    "C-a1", {"customer": frozenset({"C-a1"}), "message": frozenset({"m1"})}, frozenset({"a@mail.example.jp"})
)
CAP = Cap("day#C-a1#2026-11-21", 2)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.Session(region_name="ap-northeast-1")


def tables(client: Any) -> None:
    for name, more in (("ledger", ["chunk_key"]), ("guards", [])):
        keys = [{"AttributeName": key, "AttributeType": "S"} for key in ("pk", *more)]
        index = {
            "IndexName": "by_chunk",
            "KeySchema": [{"AttributeName": "chunk_key", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        client.create_table(
            TableName=name,
            AttributeDefinitions=keys,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": [index]} if more else {}),
        )


def scanned(client: Any) -> str:
    return str([client.scan(TableName=name)["Items"] for name in ("ledger", "guards")])


def test_claims_counters_and_refusals_of_the_person_go_and_no_other(session: Session) -> None:
    client = session.client("dynamodb")
    tables(client)
    ledger, permissions = DynamoLedger(client, "ledger", "guards"), DynamoPermissions(client, "guards")
    mine = Claim("m1", "R", "s", 0, "C-a1", Channel.MAIL, NOW, (CAP,))
    other = Claim("m2", "R", "s", 0, "C-b1", Channel.MAIL, NOW, (Cap("day#C-b1#2026-11-21", 2),))
    ledger.claim([mine, other], NOW)
    permissions.refuse("C-a1", Channel.LINE, "blocked", NOW)
    permissions.refuse("C-b1", Channel.LINE, "blocked", NOW)
    records = (DynamoClaims(client, "ledger", "guards"), DynamoRefusals(client, "guards"))
    assert [len(one.held(PERSON)) for one in records] == [1, 1]
    assert [one.erase(PERSON) for one in records] == [1, 1]
    assert "C-a1" not in scanned(client)
    assert set(ledger.find(["m1", "m2"])) == {"m2"}
    assert permissions.refusals(["C-b1"], Channel.LINE) == {"C-b1": "blocked"}
    assert [one.erase(PERSON) for one in records] == [0, 0]


def test_older_versions_of_objects_that_named_the_person_go(session: Session) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_bucket_versioning(Bucket="raw", VersioningConfiguration={"Status": "Enabled"})
    store = S3Blobs(s3, "raw")
    for body in (b"1,a@mail.example.jp\n2,b@mail.example.jp\n", b"2,b@mail.example.jp\n"):
        store.put("drop/members/m.csv", body)
    store.put("drop/members/gone.csv", b"a@mail.example.jp")
    store.delete("drop/members/gone.csv")
    store.put("drop/members/other.csv", b"old")
    store.put("drop/members/other.csv", b"new")
    files = BucketFiles(s3, {"raw": "raw"}, {"raw": store})
    assert files.hits(PERSON.needles) == {"raw/drop": 0}
    assert files.sweep(PERSON) == 2
    left = [version["Key"] for version in s3.list_object_versions(Bucket="raw")["Versions"]]
    assert sorted(left) == ["drop/members/m.csv", "drop/members/other.csv", "drop/members/other.csv"]


def test_a_report_signed_by_kms_is_verified_without_kms(session: Session) -> None:
    kms = session.client("kms")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    document = signed({"clean": True}, KmsSigner(kms, key))
    assert verified(document, "report").algorithm == "ECDSA_SHA_256"


def test_the_past_of_a_table_is_folded_expired_and_its_age_restored(session: Session) -> None:
    said: list[tuple[str, str]] = []

    def run(text: str, group: str) -> int:
        said.append((text, group))
        return 0

    past = AthenaPast(Settings(env="test"), run, session.client("glue"), lambda: NOW)
    past.forget(table("customer_contacts"))
    assert [text for text, _ in said] == [
        'OPTIMIZE "enishi_pii"."customer_contacts" REWRITE DATA USING BIN_PACK',
        "ALTER TABLE `enishi_pii`.`customer_contacts` SET TBLPROPERTIES"
        " ('vacuum_max_snapshot_age_seconds' = '60', 'vacuum_min_snapshots_to_keep' = '1')",
        'VACUUM "enishi_pii"."customer_contacts"',
        "ALTER TABLE `enishi_pii`.`customer_contacts` SET TBLPROPERTIES"
        " ('vacuum_max_snapshot_age_seconds' = '432000', 'vacuum_min_snapshots_to_keep' = '1')",
    ]
    assert {group for _, group in said} == {"enishi-delivery"}
    said.clear()
    past.keep_since(table("orders"), NOW - timedelta(days=7))
    assert "'604800'" in said[1][0]


def test_an_environment_without_a_signing_key_does_not_erase(session: Session) -> None:
    with pytest.raises(NotSupportedError, match="no key that signs"):
        aws_tools(aws_services(Settings(env="test"), session), session)
