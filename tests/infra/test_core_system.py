"""What is deployed for declared sources and write-backs, and that nothing is where nothing is declared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from enishi.flow.tasks import TASKS
from infra.constructs.core_system import needed
from infra.declared import Declared, declared
from infra.environments import environment
from infra.functions import CORE_TASKS, Touch
from tests.infra.conftest import Synth, flat

NAMES = ("fetch", "import_due", "write_back")


def schedules(synth: Synth) -> dict[str, Mapping[str, Any]]:
    found = synth.properties("AWS::Scheduler::Schedule", "Runtime")
    return {one["Name"].removeprefix("enishi-prod-"): one for one in found}


def statements(synth: Synth) -> Iterator[Mapping[str, Any]]:
    role = synth.function(next(plan for plan in CORE_TASKS if plan.name == "fetch"))["Role"]["Fn::GetAtt"][0]
    for policy in synth.properties("AWS::IAM::Policy", "Runtime"):
        if {"Ref": role} in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def allowed(synth: Synth, action: str) -> list[str]:
    """Where the fetch may do `action`."""
    found = [one for one in statements(synth) if action in _listed(one["Action"])]
    return [flat(place) for one in found for place in _listed(one["Resource"])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_nothing_is_deployed_where_nothing_is_declared() -> None:
    assert list(needed(Declared())) == []


def test_an_environment_without_the_folder_declares_nothing() -> None:
    assert declared(replace(environment("prod"), declared="nowhere")) == Declared()


def test_each_fetch_is_on_time_in_its_zone(synth: Synth) -> None:
    found = {
        name: (one["ScheduleExpression"], one["ScheduleExpressionTimezone"]) for name, one in schedules(synth).items()
    }
    assert found["fetch-dwh-orders-1"] == ("cron(30 5 * * ? *)", "Asia/Tokyo")
    assert found["fetch-dwh-members-1"] == ("cron(0 4 ? * MON,THU *)", "UTC")
    assert found["fetch-bq-events-1"] == ("cron(15 * * * ? *)", "Asia/Tokyo")
    assert found["write-back-contact-history-1"] == ("cron(0 6 * * ? *)", "Asia/Tokyo")
    assert found["import-due"][0] == "cron(5 * * * ? *)"


@pytest.mark.parametrize("task", NAMES)
def test_a_schedule_says_what_its_task_takes(synth: Synth, task: str) -> None:
    payloads = [
        json.loads(one["Target"]["Input"])
        for name, one in schedules(synth).items()
        if name.startswith(task.replace("_", "-"))
    ]
    assert payloads
    for payload in payloads:
        import_module(TASKS[task]).Payload.model_validate(payload)


def test_the_fetch_reaches_what_is_declared_and_no_more(synth: Synth) -> None:
    started = allowed(synth, "redshift-data:ExecuteStatement")
    assert sum("cluster:core" in place for place in started) == 1
    assert sum("workgroup/*" in place for place in started) == 1
    assert len(started) == 2
    assert any("dbuser:core/enishi" in place for place in allowed(synth, "redshift:GetClusterCredentials"))
    [secret] = allowed(synth, "secretsmanager:GetSecretValue")
    assert "enishi/prod/bigquery" in secret
    assert "arn:aws:s3:::retailer-transfer/out/*" in allowed(synth, "s3:GetObject")
    assert not any("retailer-transfer" in place for place in allowed(synth, "s3:PutObject"))


def test_statements_of_others_are_out_of_reach(synth: Synth) -> None:
    [own] = [one for one in statements(synth) if "redshift-data:DescribeStatement" in _listed(one["Action"])]
    assert own["Condition"]["StringEquals"] == {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}


def test_a_missing_delivery_raises_an_alarm(synth: Synth) -> None:
    [alarm] = [one for one in synth.properties("AWS::CloudWatch::Alarm") if one["AlarmName"].endswith("late-imports")]
    assert (alarm["MetricName"], alarm["Dimensions"][0]["Value"]) == ("late", "import_due")
    assert alarm["AlarmActions"]


def test_each_task_has_an_alarm_and_a_place_for_what_failed(synth: Synth) -> None:
    alarms = {one["AlarmName"] for one in synth.properties("AWS::CloudWatch::Alarm")}
    assert {f"enishi-prod-errors-{name.replace('_', '-')}" for name in NAMES} <= alarms
    assert "enishi-prod-dead-letters-core-system" in alarms


def test_only_the_write_back_reads_member_numbers() -> None:
    assert {one.name for one in CORE_TASKS if Touch.PERSONAL_READ in one.touches} == {"write_back"}
    assert {one.name for one in CORE_TASKS if Touch.PERSONAL_WRITE in one.touches} == set()
