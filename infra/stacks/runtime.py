"""The stateless stack: layers, every function, and what feeds the loop's own functions."""

from __future__ import annotations

from constructs import Construct

from infra.constructs.clockwork import DUE, Daily, DailyCall
from infra.constructs.core_system import CoreSystem
from infra.constructs.declarations import Declarations
from infra.constructs.erasers import Erasers
from infra.constructs.inbox import Inbox
from infra.constructs.layers import Layers
from infra.constructs.permissions import Places
from infra.constructs.public_web import PublicWeb
from infra.constructs.task_function import Ground, TaskFunction
from infra.declared import declared, files
from infra.environments import Environment
from infra.functions import FUNCTIONS
from infra.stacks.base import EnishiStack
from infra.stacks.delivery import DeliveryStack
from infra.stacks.lake import LakeStack
from infra.variables import variables

DAILY = (
    DailyCall("retain", "cron(0 2 * * ? *)"),
    DailyCall("unify", "cron(30 3 * * ? *)"),
    DailyCall("attribute", "cron(0 5 * * ? *)", {"at": DUE}),
)
"""Local times, before the morning's scenarios: what is too old goes, then who is one person, then which orders belong
to which message."""


class RuntimeStack(EnishiStack):
    """`functions` by name, and the inboxes of dropped files and of providers' events."""

    def __init__(self, scope: Construct, environment: Environment, lake: LakeStack, delivery: DeliveryStack) -> None:
        super().__init__(scope, environment, "runtime", "functions and their inboxes")
        self.add_stack_dependency(delivery)
        keys = lake.keys
        places = Places(environment, keys.lake.key_arn, keys.personal.key_arn, keys.erasure.key_arn)
        ground = Ground(
            environment, places, Layers(self, environment).all, variables(environment, delivery.push_application)
        )
        self.functions = {plan.name: TaskFunction(self, plan, ground) for plan in FUNCTIONS}
        self.inboxes = [
            Inbox(self, "Drop", environment, prefix="drop/", reader=self.functions["ingest"]),
            Inbox(self, "Events", environment, prefix="events/", reader=self.functions["land"]),
        ]
        self.web = PublicWeb(
            self, environment, self.functions["collect"], self.functions["links"], lake.keys.personal.key_arn
        )
        self.daily = Daily(self, environment, self.functions, DAILY)
        self.core = CoreSystem(self, environment, ground, declared(environment))
        self.functions |= self.core.functions
        self.declarations = Declarations(self, places, files(environment))
        self.erasers = Erasers(self, places)
