"""The deployed environment as an operator meets it: clients, and names that are known beforehand."""

from __future__ import annotations

from typing import Any

import boto3

from infra.environments import environment
from infra.local.emulator import ACCOUNT, REGION, Emulator

CHOSEN = environment("emulator")


def bucket(name: str) -> str:
    return f"{CHOSEN.physical(name)}-{ACCOUNT}-{REGION}"


def function(task: str) -> str:
    return CHOSEN.physical(task.replace("_", "-"))


def machine(scenario: str) -> str:
    """The ARN of a scenario's state machine."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{CHOSEN.physical(scenario)}"


def client(emulator: Emulator, service: Any) -> Any:
    """A boto3 client of the emulated account."""
    return boto3.client(
        service,
        endpoint_url=emulator.url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="emulator",  # noqa: S106 no secret: the emulator asks for none
    )


def empty_buckets(emulator: Emulator) -> None:
    """Delete every object: CloudFormation deletes only empty buckets."""
    s3 = client(emulator, "s3")
    for found in s3.list_buckets()["Buckets"]:
        if found["Name"].startswith(CHOSEN.physical("")):
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=found["Name"]):
                objects = [{"Key": one["Key"]} for one in page.get("Contents", [])]
                if objects:
                    s3.delete_objects(Bucket=found["Name"], Delete={"Objects": objects, "Quiet": True})
