"""One state machine and its trigger for each scenario of the library; one role for all machines."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from enishi.scenario.library import Library
from infra.constructs.buckets import bucket_name
from infra.constructs.clockwork import scheduler_role
from infra.constructs.machine import ScenarioMachine, Stage
from infra.constructs.permissions import Grant, grant
from infra.constructs.queues import dead_letters
from infra.constructs.retention import log_group
from infra.constructs.task_function import TaskFunction
from infra.environments import Environment
from infra.functions import RUN_TASKS
from infra.stacks.base import EnishiStack
from infra.stacks.lake import LakeStack
from infra.stacks.runtime import RuntimeStack
from infra.tools.layers import ROOT

_OWN_MACHINES = "every scenario of this environment: the machines are named after it"
_NO_RESOURCE = "log deliveries and traces take no resource"
_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
_TRACES = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


class ScenariosStack(EnishiStack):
    """`machines` by scenario id."""

    def __init__(self, scope: Construct, environment: Environment, lake: LakeStack, runtime: RuntimeStack) -> None:
        super().__init__(scope, environment, "scenarios", "one state machine and trigger a scenario")
        self.add_stack_dependency(runtime)
        self.dead_letters = dead_letters(self, environment, "scenarios")
        stage = self._stage(environment, lake, runtime)
        library = Library((ROOT / "scenarios",))
        self.machines = {id_: ScenarioMachine(self, library.load(id_), stage) for id_ in library.paths}

    def _stage(self, environment: Environment, lake: LakeStack, runtime: RuntimeStack) -> Stage:
        tasks = [runtime.functions[plan.name] for plan in RUN_TASKS]
        scheduler = scheduler_role(self, self.dead_letters)
        grant(scheduler, _starts(environment))
        log = f"/aws/vendedlogs/states/{environment.physical('scenarios')}"
        return Stage(
            environment=environment,
            machine_role=self._machine_role(environment, lake, tasks),
            scheduler_role=scheduler,
            event_role=self._event_role(environment),
            dead_letters=self.dead_letters,
            log_group_arn=log_group(self, environment, log).log_group_arn,
            tasks={f"{task.plan.camel}Arn": task.function.function_arn for task in tasks},
        )

    def _machine_role(self, environment: Environment, lake: LakeStack, tasks: list[TaskFunction]) -> iam.Role:
        """Calls the tasks, reads manifests of chunks, and runs its own children (distributed map)."""
        role = iam.Role(self, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        manifests = f"arn:aws:s3:::{bucket_name(environment, 'work')}/manifests/*"
        grant(
            role,
            Grant(("lambda:InvokeFunction",), tuple(task.function.function_arn for task in tasks)),
            Grant(("s3:GetObject",), (manifests,), "a manifest is named by run, step and lane"),
            Grant(("kms:Decrypt",), (lake.keys.personal.key_arn,)),
            _starts(environment),
            Grant(
                ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"),
                (
                    _states(f"execution:{environment.physical('*')}"),
                    _states(f"execution:{environment.physical('*')}/*:*"),
                ),
                _OWN_MACHINES,
            ),
            Grant((*_LOG_DELIVERY, *_TRACES), ("*",), _NO_RESOURCE),
        )
        return role

    def _event_role(self, environment: Environment) -> iam.Role:
        role = iam.Role(self, "EventRole", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        grant(role, _starts(environment))
        self.dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[self.dead_letters.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        return role


def _starts(environment: Environment) -> Grant:
    return Grant(("states:StartExecution",), (_states(f"stateMachine:{environment.physical('*')}"),), _OWN_MACHINES)


def _states(resource: str) -> str:
    return f"arn:aws:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
