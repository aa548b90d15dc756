"""The rules of others: cdk-nag's AwsSolutions and cfn-lint, both without a finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint_file

from tests.infra.conftest import Synth, app_in

STACKS = ("Lake", "Delivery", "Runtime", "Scenarios", "Watch")

ACKNOWLEDGED = {
    "W3005": "a DependsOn that a reference says already: aws-cdk-lib writes them for each role and its policy",
    "W3696": "Pinpoint's campaigns ended; push goes on as AWS End User Messaging, whose application is this resource",
}


def violations(folder: Path) -> list[str]:
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    return [found["ruleName"] for plugin in report["pluginReports"] for found in plugin["violations"]]


def test_aws_solutions_finds_nothing(synth: Synth) -> None:
    assert violations(synth.folder) == []


def test_aws_solutions_would_find_an_open_bucket(tmp_path: Path) -> None:
    from aws_cdk import Stack, Validations
    from aws_cdk import aws_s3 as s3
    from cdk_nag import AwsSolutionsChecks

    app = app_in(tmp_path)
    s3.Bucket(Stack(app, "Careless"), "Open")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-S1" in violations(tmp_path)


@pytest.mark.parametrize("stack", STACKS)
def test_cfn_lint_finds_nothing(synth: Synth, stack: str) -> None:
    found = lint_file(synth.folder / f"{stack}.template.json", config=ManualArgs(ignore_checks=list(ACKNOWLEDGED)))
    assert [str(one) for one in found] == []
