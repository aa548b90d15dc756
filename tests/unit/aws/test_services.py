"""Wiring on AWS: which channels an environment has, and where its secrets come from."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from boto3.session import Session
from moto import mock_aws
from pydantic import SecretStr

from enishi.aws.secrets import with_secrets
from enishi.aws.services import aws_services
from enishi.errors import SettingsError
from enishi.ports import Channel
from enishi.settings import Settings

REGION = "ap-northeast-1"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.Session(region_name=REGION)


def keep(session: Session, name: str, value: str) -> None:
    session.client("secretsmanager").create_secret(Name=name, SecretString=value)


def test_a_named_secret_wins_over_the_setting(session: Session) -> None:
    keep(session, "enishi/test/signing", "from the store")
    settings = Settings(secret=SecretStr("from the variable"), secret_name="enishi/test/signing")
    known = with_secrets(settings, session.client("secretsmanager"))
    assert known.secret.get_secret_value() == "from the store"


def test_without_a_name_nothing_is_asked(session: Session) -> None:
    settings = Settings(secret=SecretStr("as given"))
    assert with_secrets(settings, session.client("secretsmanager")) == settings


def test_a_missing_secret_is_named_and_never_shown(session: Session) -> None:
    settings = Settings(secret=SecretStr("hidden"), secret_name="enishi/test/none")
    with pytest.raises(SettingsError, match="enishi/test/none") as raised:
        with_secrets(settings, session.client("secretsmanager"))
    assert "hidden" not in str(raised.value)


def test_an_environment_has_the_channels_that_it_is_set_up_for(session: Session) -> None:
    keep(session, "enishi/test/line", "token")
    mail = Settings(env="test", mail_from="news@mail.example.com")
    line = Settings(env="test", line_token_name="enishi/test/line")
    push = Settings(env="test", push_application_id="app")
    assert set(aws_services(Settings(env="test"), session).channels) == set()
    assert set(aws_services(mail, session).channels) == {Channel.MAIL}
    assert set(aws_services(line, session).channels) == {Channel.LINE}
    assert set(aws_services(push, session).channels) == {Channel.PUSH}


def test_work_and_raw_are_the_buckets_of_the_settings(session: Session) -> None:
    for name in ("raw-bucket", "work-bucket"):
        place = {"LocationConstraint": REGION}
        session.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    services = aws_services(Settings(env="test", raw_bucket="raw-bucket", work_bucket="work-bucket"), session)
    services.raw.put("drop/a", b"1")
    services.work.put("chunks/b", b"2")
    assert (services.raw.list(""), services.work.list("")) == (["drop/a"], ["chunks/b"])
