"""What a deployment holds for retention, erasure reports and the retailer's own declarations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from enishi.clock import ManualClock, from_text
from enishi.local.services import local_services
from enishi.settings import Settings, from_environment
from infra.declared import files
from infra.environments import environment
from infra.functions import FUNCTIONS
from infra.variables import variables
from tests.infra.conftest import DECLARED, ROOT, Synth, flat

RETAIN = next(plan for plan in FUNCTIONS if plan.name == "retain")


def statements_of(synth: Synth, role: str) -> Iterator[Mapping[str, Any]]:
    """The statements of the role of this logical id."""
    for policy in synth.properties("AWS::IAM::Policy", "Runtime"):
        if {"Ref": role} in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def actions(synth: Synth, role: str) -> set[str]:
    found = [statement["Action"] for statement in statements_of(synth, role)]
    return {action for one in found for action in ([one] if isinstance(one, str) else one)}


def erasers(synth: Synth) -> tuple[str, Mapping[str, Any]]:
    roles = synth.resources("AWS::IAM::Role", "Runtime")
    return next(
        (name, role["Properties"])
        for name, role in roles.items()
        if role["Properties"].get("RoleName") == "enishi-prod-erasure"
    )


def test_reports_are_signed_by_a_key_that_only_signs(synth: Synth) -> None:
    keys = [key for key in synth.properties("AWS::KMS::Key") if key.get("KeyUsage") == "SIGN_VERIFY"]
    assert [key["KeySpec"] for key in keys] == ["ECC_NIST_P256"]
    aliases = {alias["AliasName"] for alias in synth.properties("AWS::KMS::Alias")}
    given = synth.function(RETAIN)["Environment"]["Variables"]
    assert given["ENISHI_ERASURE_KEY"] in aliases
    assert from_environment({name: flat(value) for name, value in given.items()}).retention == {}


def test_only_people_with_a_second_factor_may_erase(synth: Synth) -> None:
    name, role = erasers(synth)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    wanted = {"kms:Sign", "kms:GetPublicKey", "s3:DeleteObjectVersion", "dynamodb:DeleteItem", "glue:UpdateTable"}
    assert wanted <= actions(synth, name)
    for function in FUNCTIONS:
        role_of = synth.function(function)["Role"]["Fn::GetAtt"][0]
        assert not actions(synth, role_of) & {"kms:Sign", "s3:DeleteObjectVersion"}


def test_what_is_too_old_goes_every_night(synth: Synth) -> None:
    found = {one["Name"]: one for one in synth.properties("AWS::Scheduler::Schedule", "Runtime")}
    schedule = found["enishi-prod-retain"]
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "cron(0 2 * * ? *)",
        "Asia/Tokyo",
    )
    assert json.loads(schedule["Target"]["Input"]) == {}


def test_an_environment_says_how_long_things_are_kept() -> None:
    kept = replace(environment("prod"), retention={"web_events": {"row_days": 400}})
    settings = from_environment(_plain(variables(kept, "push")))
    assert settings.retention["web_events"].row_days == 400


def _plain(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name.startswith("ENISHI_")}


def test_the_handler_says_what_went(tmp_path: Path) -> None:
    from functions.retain import old_things

    services = local_services(Settings(home=tmp_path), ManualClock(from_text("2026-11-21T00:00:00Z")))
    assert old_things(services) == {"tables": 0, "rows": 0}


def test_declarations_are_put_where_the_functions_read_them(synth: Synth) -> None:
    made = synth.properties("Custom::Declaration", "Runtime")
    texts = {}
    for one in made:
        put = json.loads(flat(one["Update"]) if isinstance(one["Update"], str) else _joined(one["Update"]))
        gone = json.loads(flat(one["Delete"]) if isinstance(one["Delete"], str) else _joined(one["Delete"]))
        assert (put["action"], gone["action"]) == ("putObject", "deleteObject")
        assert put["parameters"]["Key"] == gone["parameters"]["Key"]
        texts[put["parameters"]["Key"]] = put["parameters"]["Body"]
    folder = ROOT / DECLARED
    assert texts == {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.glob("*/*.yaml")}


def _joined(value: Mapping[str, Any]) -> str:
    """A JSON text with references in it, these as plain words."""
    return "".join(part if isinstance(part, str) else "reference" for part in value["Fn::Join"][1])


def test_nothing_is_put_where_nothing_is_declared() -> None:
    assert files(replace(environment("prod"), declared="nowhere")) == {}
