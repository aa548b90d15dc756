"""The web collector as deployed: open to visitors, closed to everything else, and cheap."""

from __future__ import annotations

import json
from typing import Any

from enishi.ingest.collector.endpoint import ROUTES
from enishi.ingest.sources import Sources
from enishi.ingest.sources import from_folder as sources_in
from infra.functions import WEB
from tests.infra.conftest import ROOT, Synth, flat

MAPPINGS = ROOT / "layers" / "core" / "python" / "enishi" / "ingest" / "collector" / "sources"


def stream(synth: Synth) -> dict[str, Any]:
    (found,) = synth.properties("AWS::KinesisFirehose::DeliveryStream", "Runtime")
    return dict(found)


def test_only_the_collectors_routes_are_served(synth: Synth) -> None:
    routes = {route["RouteKey"] for route in synth.properties("AWS::ApiGatewayV2::Route")}
    assert routes == {f"{method} {path}" for method, path in ROUTES}


def test_the_endpoint_is_limited_in_rate(synth: Synth) -> None:
    (stage,) = synth.properties("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1000}


def test_its_access_log_tells_neither_who_nor_what(synth: Synth) -> None:
    (stage,) = synth.properties("AWS::ApiGatewayV2::Stage")
    said = json.loads(stage["AccessLogSettings"]["Format"])
    assert set(said.values()) == {"$context.requestId", "$context.routeKey", "$context.status"}


def test_what_it_writes_is_a_file_of_its_source(synth: Synth) -> None:
    """Firehose's own name of a file, under the deployed prefix, finds the packaged mapping."""
    found = stream(synth)
    destination = found["ExtendedS3DestinationConfiguration"]
    folder = destination["Prefix"].replace("!{timestamp:yyyy/MM/dd/HH}", "2026/11/21/03")
    name = f"{found['DeliveryStreamName']}-1-2026-11-21-03-00-00-5a1c{destination['FileExtension']}"
    mapping = sources().of_key(folder + name)
    assert (mapping.id, mapping.takes(name)) == ("web_collector", True)
    assert folder.startswith("drop/")
    assert destination["CompressionFormat"] == "GZIP"


def sources() -> Sources:
    return sources_in(MAPPINGS)


def test_events_are_gathered_before_they_are_loaded(synth: Synth) -> None:
    hints = stream(synth)["ExtendedS3DestinationConfiguration"]["BufferingHints"]
    assert hints["IntervalInSeconds"] == 900


def test_a_request_writes_no_log_of_lambdas_own(synth: Synth) -> None:
    (plan,) = WEB
    logging = synth.function(plan)["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN")


def test_it_may_only_write_to_its_stream(synth: Synth) -> None:
    (plan,) = WEB
    role = {"Ref": synth.function(plan)["Role"]["Fn::GetAtt"][0]}
    policies = [one for one in synth.properties("AWS::IAM::Policy", "Runtime") if role in one["Roles"]]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    writes = [one for one in statements if "firehose" in str(one["Action"])]
    assert [one["Action"] for one in writes] == ["firehose:PutRecord"]
    assert flat(writes[0]["Resource"]).endswith(":deliverystream/enishi-prod-web-events")
    assert not any("s3:" in str(one["Action"]) or "athena:" in str(one["Action"]) for one in statements)
