"""What connects the core system: scheduled fetches, the check for missing deliveries, scheduled write-backs.

Nothing of it is deployed where nothing is declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from enishi.ingest.connectors.declaration import BigQuery, Drops, Redshift
from enishi.ingest.connectors.declaration import Schedule as Declaration
from infra.constructs.clockwork import schedule, scheduled_target, scheduler_role
from infra.constructs.nag import acknowledge_wildcards
from infra.constructs.permissions import Grant, Places, grant
from infra.constructs.queues import dead_letters
from infra.constructs.task_function import Ground, TaskFunction
from infra.declared import Declared, plan_of
from infra.environments import Environment
from infra.functions import CORE_TASKS, LOOP_TASKS, Function

HOURLY = "cron(5 * * * ? *)"
_OWN_STATEMENTS = (
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
    "redshift-data:ListStatements",
)
_PLANS = {plan.name: plan for plan in (*LOOP_TASKS, *CORE_TASKS)}
_OF_WORKGROUP = "the ARN of a workgroup holds an id that AWS makes; its name is only in the call"
_OF_STATEMENTS = "statements have no ARN; the condition holds the function to those that it started itself"
_OF_BUCKET = "the retailer's own bucket: which files there are is the retailer's to say"
_OF_SECRET = "Secrets Manager adds six random characters to a secret's ARN"  # noqa: S105 a sentence


class CoreSystem(Construct):
    """`functions` by name, and `dead_letters` of their schedules; both empty where nothing is declared."""

    def __init__(self, scope: Construct, environment: Environment, ground: Ground, declared: Declared) -> None:
        super().__init__(scope, "CoreSystem")
        self._environment = environment
        self.functions = {plan.name: TaskFunction(self, plan, ground) for plan in needed(declared)}
        self.dead_letters: sqs.Queue | None = None
        if self.functions:
            self.dead_letters = dead_letters(self, environment, "core-system")
            self._start(self.dead_letters, declared)
        for source in declared.fetched:
            role = self.functions["fetch"].function.role
            if isinstance(role, iam.Role) and source.origin:
                _allow(role, ground.places, source.origin.asked or source.origin.s3)

    def _start(self, dead: sqs.Queue, declared: Declared) -> None:
        role = scheduler_role(self, dead)
        grant(
            role, Grant(("lambda:InvokeFunction",), tuple(one.function.function_arn for one in self.functions.values()))
        )
        for source in declared.fetched:
            self._at("fetch", source.id, source.schedule, {"source": source.id}, role, dead)
        for one in declared.written:
            self._at("write_back", one.id, one.schedule, {"writeback": one.id}, role, dead)
        if declared.due:
            target = scheduled_target(self.functions["import_due"].function.function_arn, role, dead, {})
            schedule(self, self._environment, "import-due", HOURLY, self._environment.zone, target)

    def _at(
        self,
        task: str,
        name: str,
        said: Declaration | None,
        payload: dict[str, str],
        role: iam.Role,
        dead: sqs.Queue,
    ) -> None:
        if said is None:
            return
        when = plan_of(said, self._environment.zone)
        target = scheduled_target(self.functions[task].function.function_arn, role, dead, payload)
        for number, expression in enumerate(when.expressions, start=1):
            physical = f"{task}-{name}-{number}".replace("_", "-")
            schedule(self, self._environment, physical, expression, when.zone, target)


def needed(declared: Declared) -> Iterator[Function]:
    """The functions that the declarations call for."""
    if declared.fetched:
        yield _fetch(declared)
    if declared.due:
        yield _PLANS["import_due"]
    if declared.written:
        yield _PLANS["write_back"]


def _fetch(declared: Declared) -> Function:
    """Files that must rest are loaded by the fetch itself, which then may do what `ingest` may."""
    plan, ingest = _PLANS["fetch"], _PLANS["ingest"]
    signs = [source.origin.complete for source in declared.fetched if source.origin]
    rests = any(sign is not None and sign.stable is not None for sign in signs)
    return replace(plan, touches=plan.touches | ingest.touches, disk=ingest.disk) if rests else plan


def _allow(role: iam.Role, at: Places, place: Redshift | BigQuery | Drops | None) -> None:
    """Let the fetch reach what one source names, and nothing beside it."""
    match place:
        case Redshift():
            grant(role, *_redshift(at, place))
            _own_statements(role)
        case BigQuery(credentials=name) if name:
            found = at.here("secretsmanager", f"secret:{name}-??????")
            grant(role, Grant(("secretsmanager:GetSecretValue",), (found,), _OF_SECRET))
        case Drops(bucket=name) if name:
            grant(role, Grant(("s3:ListBucket", "s3:GetBucketLocation"), (f"arn:aws:s3:::{name}",)))
            grant(role, Grant(("s3:GetObject",), (f"arn:aws:s3:::{name}/{place.prefix}*",), _OF_BUCKET))


def _redshift(at: Places, place: Redshift) -> Iterator[Grant]:
    if place.workgroup:
        found = at.here("redshift-serverless", "workgroup/*")
        yield Grant(("redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"), (found,), _OF_WORKGROUP)
    else:
        yield Grant(("redshift-data:ExecuteStatement",), (at.here("redshift", f"cluster:{place.cluster}"),))
    if place.user:
        user = at.here("redshift", f"dbuser:{place.cluster}/{place.user}")
        database = at.here("redshift", f"dbname:{place.cluster}/{place.database}")
        yield Grant(("redshift:GetClusterCredentials",), (user, database))
    if place.secret:
        yield Grant(("secretsmanager:GetSecretValue",), (place.secret,))


def _own_statements(role: iam.Role) -> None:
    own = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}
    role.add_to_policy(iam.PolicyStatement(actions=list(_OWN_STATEMENTS), resources=["*"], conditions=own))
    acknowledge_wildcards(role, ["*"], _OF_STATEMENTS)
