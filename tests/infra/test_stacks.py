"""What a deployment must hold: behaviour that matters, never a generated name."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from enishi.flow.tasks import TASKS
from enishi.lake.schema import tables
from enishi.scenario.library import Library
from enishi.scenario.schedule import ManualTrigger
from enishi.settings import Settings, from_environment
from infra.constructs.clockwork import DUE, DailyCall
from infra.environments import environments
from infra.functions import CORE_TASKS, FUNCTIONS, Function, Touch
from infra.stacks.runtime import DAILY
from infra.tools.layers import LIMIT, arrow_layer, dependency_layer, unpacked_size
from tests.infra.conftest import ROOT, Synth, flat

PERSONAL_PLACES = ("contacts", "_pii", "workgroup/enishi-prod-delivery")
LAMBDA_SECONDS = 900


def statements(synth: Synth, function: Function) -> Iterator[Mapping[str, Any]]:
    """The statements of a function's own role."""
    role = {"Ref": synth.function(function)["Role"]["Fn::GetAtt"][0]}
    for policy in synth.properties("AWS::IAM::Policy", "Runtime"):
        if role in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def reach(synth: Synth, function: Function) -> list[str]:
    """Every resource that a function may touch, as text."""
    return [flat(place) for statement in statements(synth, function) for place in listed(statement["Resource"])]


def test_every_bucket_is_private_and_encrypted(synth: Synth) -> None:
    buckets = synth.properties("AWS::S3::Bucket")
    assert len(buckets) == 7
    for bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_personal_data_lies_under_its_own_key(synth: Synth) -> None:
    keys = {
        bucket_name(bucket): json.dumps(bucket["BucketEncryption"], sort_keys=True)
        for bucket in synth.properties("AWS::S3::Bucket")
    }
    personal = {keys[name] for name in ("raw", "contacts", "work")}
    assert len(personal) == 1
    assert keys["lake"] not in personal


def bucket_name(bucket: Mapping[str, Any]) -> str:
    return flat(bucket["BucketName"]).removeprefix("enishi-prod-").split("-<")[0]


def test_stateful_things_survive_the_end_of_their_stack(synth: Synth) -> None:
    stateful = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
    for kind in stateful:
        for resource in synth.resources(kind, "Lake").values():
            assert resource["DeletionPolicy"] == "Retain", kind


def test_the_ledger_can_be_restored_and_forgets_in_time(synth: Synth) -> None:
    found = {table["TableName"]: table for table in synth.properties("AWS::DynamoDB::Table")}
    assert set(found) == {"enishi-prod-ledger", "enishi-prod-guards"}
    for table in found.values():
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert table["BillingMode"] == "PAY_PER_REQUEST"
    (index,) = found["enishi-prod-ledger"]["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["KeySchema"][0]["AttributeName"]) == ("by_chunk", "chunk_key")


def test_every_declared_table_stands_in_the_catalogue(synth: Synth) -> None:
    iceberg = {
        table["Name"]: table for table in synth.properties("AWS::Glue::Table") if "OpenTableFormatInput" in table
    }
    assert set(iceberg) == {table.name for table in tables().values() if table.database != "work"}
    for name, found in iceberg.items():
        made = found["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"]
        assert tuple(field["Name"] for field in made["Schema"]["Fields"]) == tables()[name].names
        assert ("PartitionSpec" in made) == (tables()[name].partition is not None)


def test_only_the_personal_database_holds_contacts(synth: Synth) -> None:
    homes = {table["Name"]: table for table in synth.properties("AWS::Glue::Table") if "Name" in table}
    personal = {name for name, table in homes.items() if table["DatabaseName"] == "enishi_prod_pii"}
    assert personal == {table.name for table in tables().values() if table.database == "pii"}


def test_external_tables_name_their_folders(synth: Synth) -> None:
    external = [table["TableInput"] for table in synth.properties("AWS::Glue::Table") if "TableInput" in table]
    assert external
    for table in external:
        parameters = table["Parameters"]
        folders = [key["Name"] for key in table["PartitionKeys"]]
        assert {parameters[f"projection.{folder}.type"] for folder in folders} == {"injected"}
        template = flat(parameters["storage.location.template"])
        assert template.endswith("/".join(f"{folder}=${{{folder}}}" for folder in folders))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_personal_data_is_for_those_who_need_it(synth: Synth, function: Function) -> None:
    touches_it = any(place in where for where in reach(synth, function) for place in PERSONAL_PLACES)
    assert touches_it == bool(function.touches & {Touch.PERSONAL_READ, Touch.PERSONAL_WRITE})


def test_who_may_read_personal_data() -> None:
    assert {one.name for one in FUNCTIONS if Touch.PERSONAL_READ in one.touches} == {"prepare", "unify"}
    assert {one.name for one in FUNCTIONS if Touch.PERSONAL_WRITE in one.touches} == {
        "ingest",
        "land",
        "unify",
        "retain",
    }


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_no_function_may_do_anything_everywhere(synth: Synth, function: Function) -> None:
    for statement in statements(synth, function):
        actions = listed(statement["Action"])
        assert not any("*" in action for action in actions)
        if listed(statement["Resource"]) == ["*"]:
            assert all(action.startswith("xray:") for action in actions)


NEEDS = {
    r"services\.ledger": {Touch.LEDGER},
    r"services\.permissions": {Touch.GUARDS_READ, Touch.GUARDS_WRITE},
    r"services\.raw": {Touch.RAW_READ},
    r"services\.work": {Touch.WORK},
    r"services\.warehouse": {Touch.LAKE_READ},
    r"services\.warehouse\.(upsert|append|replace|delete)|write_run\(": {Touch.LAKE_WRITE},
    r"services\.notices": {Touch.NOTICES},
    r"services\.channels": {Touch.MAIL},
    r"settings\.secret": {Touch.SIGN},
    r"pii\.": {Touch.PERSONAL_READ, Touch.PERSONAL_WRITE},
}
"""What a flow's own text says it uses → one of these must be granted."""


@pytest.mark.parametrize(
    "function", [one for one in FUNCTIONS if one.name in TASKS], ids=lambda function: function.name
)
def test_a_function_may_do_what_its_task_says(function: Function) -> None:
    text = inspect.getsource(import_module(TASKS[function.name]))
    for said, allowing in NEEDS.items():
        if re.search(said, text):
            assert function.touches & allowing, said


def test_only_senders_reach_the_providers(synth: Synth) -> None:
    for function in FUNCTIONS:
        actions = {action for statement in statements(synth, function) for action in listed(statement["Action"])}
        assert any(action.startswith("ses:") for action in actions) == (function.name == "send")


def test_functions_get_settings_that_hold(synth: Synth) -> None:
    functions = [one for one in synth.properties("AWS::Lambda::Function", "Runtime") if "Environment" in one]
    assert len(functions) == len(FUNCTIONS + CORE_TASKS)
    for function in functions:
        given = {name: flat(value) for name, value in function["Environment"]["Variables"].items()}
        settings = from_environment(given)
        assert settings.env == "prod"
        assert settings.claim_seconds > next(one.timeout for one in FUNCTIONS if one.name == "send")


def test_only_those_who_sign_know_the_secret(synth: Synth) -> None:
    for function in FUNCTIONS:
        variables = synth.function(function)["Environment"]["Variables"]
        assert ("ENISHI_SECRET_NAME" in variables) == (Touch.SIGN in function.touches)
        assert "ENISHI_SECRET" not in variables


def test_every_handler_exists() -> None:
    handlers = {path.stem for path in (ROOT / "functions").glob("*.py")} - {"__init__", "start", "telling", "web"}
    assert handlers == {function.name for function in FUNCTIONS + CORE_TASKS}


def test_a_reader_never_outlives_its_message(synth: Synth) -> None:
    waits = [queue.get("VisibilityTimeout", 0) for queue in synth.properties("AWS::SQS::Queue", "Runtime")]
    assert [wait for wait in waits if wait] == [LAMBDA_SECONDS + 60] * 2


def test_failed_files_come_again_alone(synth: Synth) -> None:
    mappings = synth.properties("AWS::Lambda::EventSourceMapping", "Runtime")
    assert len(mappings) == 2
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_scenario_has_a_machine_and_what_starts_it(synth: Synth) -> None:
    library = Library((ROOT / "scenarios",))
    machines = {one["StateMachineName"] for one in synth.properties("AWS::StepFunctions::StateMachine")}
    assert machines == {f"enishi-prod-{name}" for name in library.paths}
    assert machines
    schedules = {one["Name"] for one in synth.properties("AWS::Scheduler::Schedule", "Scenarios")}
    rules = {one["Name"] for one in synth.properties("AWS::Events::Rule", "Scenarios")}
    for name in library.paths:
        if not isinstance(library.load(name).trigger, ManualTrigger):
            assert any(started.startswith(f"enishi-prod-{name}") for started in schedules | rules), name


def test_schedules_are_on_time_in_their_zone(synth: Synth) -> None:
    for schedule in synth.properties("AWS::Scheduler::Schedule"):
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule["State"] == "ENABLED"
        assert schedule["ScheduleExpressionTimezone"] in {"Asia/Tokyo", "UTC"}
        assert schedule["Target"]["DeadLetterConfig"]


def test_a_run_knows_the_slot_that_it_is_for(synth: Synth) -> None:
    for schedule in synth.properties("AWS::Scheduler::Schedule", "Scenarios"):
        assert json.loads(schedule["Target"]["Input"]) == {"slot_at": "<aws.scheduler.scheduled-time>"}


def test_what_a_function_carries_fits() -> None:
    environment = environments()["prod"]
    platform = (environment.python, environment.architecture)
    core = sum(path.stat().st_size for path in (ROOT / "layers" / "core").rglob("*") if "__pycache__" not in path.parts)
    carried = unpacked_size(arrow_layer(*platform)) + unpacked_size(dependency_layer(*platform)) + core
    assert carried < 0.8 * LIMIT


@pytest.mark.parametrize("call", [call for call in DAILY if call.task in TASKS], ids=lambda call: call.task)
def test_daily_calls_say_what_their_task_takes(call: DailyCall) -> None:
    due = {name: "2026-11-21T00:00:00Z" if value == DUE else value for name, value in call.payload.items()}
    import_module(TASKS[call.task]).Payload.model_validate(due)


def test_all_machines_share_one_role(synth: Synth) -> None:
    machines = synth.properties("AWS::StepFunctions::StateMachine")
    assert len({json.dumps(machine["RoleArn"]) for machine in machines}) == 1
    for machine in machines:
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_definitions_find_all_their_tasks(synth: Synth) -> None:
    for machine in synth.properties("AWS::StepFunctions::StateMachine"):
        assert set(machine["DefinitionSubstitutions"]) >= {"OpenRunArn", "SendArn", "CloseRunArn"}


def test_every_dead_letter_queue_has_an_alarm(synth: Synth) -> None:
    queues = {queue["QueueName"] for queue in synth.properties("AWS::SQS::Queue") if "RedrivePolicy" not in queue}
    alarms = [alarm["AlarmDescription"] for alarm in synth.properties("AWS::CloudWatch::Alarm")]
    assert queues
    for queue in queues:
        short = queue.removeprefix("enishi-prod-").removesuffix("-dead-letters")
        assert any(text.startswith(f"{short}: messages were given up") for text in alarms), queue


def test_every_alarm_tells_somebody(synth: Synth) -> None:
    for alarm in synth.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_every_function_has_an_alarm_for_errors(synth: Synth) -> None:
    named = {alarm["AlarmName"] for alarm in synth.properties("AWS::CloudWatch::Alarm")}
    assert named >= {f"enishi-prod-errors-{function.name.replace('_', '-')}" for function in FUNCTIONS}


def test_mail_events_go_by_a_stream(synth: Synth) -> None:
    (destination,) = synth.properties("AWS::SES::ConfigurationSetEventDestination")
    wanted = {"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "OPEN"}
    assert set(destination["EventDestination"]["MatchingEventTypes"]) >= wanted
    (stream,) = synth.properties("AWS::KinesisFirehose::DeliveryStream", "Delivery")
    assert stream["ExtendedS3DestinationConfiguration"]["Prefix"].startswith("events/ses/")


def test_an_analyst_cannot_scan_without_end(synth: Synth) -> None:
    groups = {group["Name"]: group["WorkGroupConfiguration"] for group in synth.properties("AWS::Athena::WorkGroup")}
    assert groups["enishi-prod-analysis"]["BytesScannedCutoffPerQuery"] > 0
    for group in groups.values():
        assert group["EnforceWorkGroupConfiguration"] is True


def test_settings_of_a_laptop_are_not_those_of_a_deployment() -> None:
    assert Settings().env == "local"
