"""One scenario as a state machine: the compiled definition as it is, its tasks filled in, started by its trigger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from enishi.scenario.compile import compile_scenario
from enishi.scenario.model import Scenario
from enishi.scenario.triggers import Plan, plan
from infra.constructs.clockwork import DUE, schedule, scheduled_target
from infra.environments import Environment
from infra.tools.layers import ROOT

DEFINITIONS = ROOT / "build" / "machines"


@dataclass(frozen=True)
class Stage:
    """What all machines of an environment share."""

    environment: Environment
    machine_role: iam.IRole
    scheduler_role: iam.Role
    event_role: iam.IRole
    dead_letters: sqs.Queue
    log_group_arn: str
    tasks: Mapping[str, str]
    """Placeholder of the definition (`OpenRunArn`) → ARN of the function."""


class ScenarioMachine(Construct):
    """The machine of one scenario and what starts it; a manual scenario has nothing that does."""

    def __init__(self, scope: Construct, scenario: Scenario, stage: Stage) -> None:
        super().__init__(scope, scenario.id)
        self.scenario = scenario
        self.machine = self._machine(stage)
        self._trigger(stage, plan(scenario.trigger, stage.environment.zone))

    def _machine(self, stage: Stage) -> sfn.CfnStateMachine:
        asset = assets.Asset(self, "Definition", path=str(self._written(stage.environment)))
        destination = sfn.CfnStateMachine.LogDestinationProperty(
            cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                log_group_arn=stage.log_group_arn
            )
        )
        machine = sfn.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=stage.environment.physical(self.scenario.id),
            state_machine_type="STANDARD",
            role_arn=stage.machine_role.role_arn,
            definition_s3_location=sfn.CfnStateMachine.S3LocationProperty(
                bucket=asset.s3_bucket_name, key=asset.s3_object_key
            ),
            definition_substitutions=dict(stage.tasks),
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL", include_execution_data=False, destinations=[destination]
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        machine.node.add_dependency(stage.machine_role)
        return machine

    def _written(self, environment: Environment) -> Path:
        """The definition as a file: a template with 80 of them inside would pass CloudFormation's limit of 1 MB."""
        folder = DEFINITIONS / environment.name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.scenario.id}.asl.json"
        path.write_text(json.dumps(compile_scenario(self.scenario), ensure_ascii=False, indent=1), "utf-8")
        return path

    def _trigger(self, stage: Stage, when: Plan) -> None:
        for number, expression in enumerate(when.expressions, start=1):
            target = scheduled_target(self.machine.attr_arn, stage.scheduler_role, stage.dead_letters, {"slot_at": DUE})
            schedule(self, stage.environment, f"{self.scenario.id}-{number}", expression, when.zone, target)
        if when.pattern:
            self._rule(stage, when.pattern)

    def _rule(self, stage: Stage, pattern: Mapping[str, object]) -> None:
        rule = events.CfnRule(
            self,
            "Rule",
            name=stage.environment.physical(self.scenario.id),
            event_pattern=dict(pattern),
            state="ENABLED" if stage.environment.schedules else "DISABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="machine",
                    arn=self.machine.attr_arn,
                    role_arn=stage.event_role.role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=stage.dead_letters.queue_arn),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={"at": "$.time"}, input_template='{"slot_at": <at>}'
                    ),
                )
            ],
        )
        rule.node.add_dependency(self.machine)
