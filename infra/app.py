"""The CDK app: `cdk deploy --all -c env=NAME`. Everything is decided at synth: no look-up, no Docker, no account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.environments import Environment, environment
from infra.stacks.delivery import DeliveryStack
from infra.stacks.lake import LakeStack
from infra.stacks.runtime import RuntimeStack
from infra.stacks.scenarios import ScenariosStack
from infra.stacks.watch import WatchStack


@dataclass(frozen=True)
class Stacks:
    """The stacks of one environment, in the order of deployment."""

    lake: LakeStack
    delivery: DeliveryStack
    runtime: RuntimeStack
    scenarios: ScenariosStack
    watch: WatchStack


def stacks(app: App, chosen: Environment) -> Stacks:
    """Put the stacks of `chosen` into `app`, under the rules of AwsSolutions."""
    lake = LakeStack(app, chosen)
    delivery = DeliveryStack(app, chosen, lake)
    runtime = RuntimeStack(app, chosen, lake, delivery)
    scenarios = ScenariosStack(app, chosen, lake, runtime)
    watch = WatchStack(app, chosen, lake, runtime, delivery, scenarios)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Stacks(lake, delivery, runtime, scenarios, watch)


def new_app(outdir: str | None = None, context: Mapping[str, Any] | None = None) -> App:
    """An empty app. CDK's own check of templates is off: it takes 20 s, and the tests run cfn-lint, which sees more."""
    return App(outdir=outdir, context=context, builtin_cloud_formation_validation=False, analytics_reporting=False)


def main() -> None:
    app = new_app()
    stacks(app, environment(app.node.try_get_context("env") or "dev"))
    app.synth()


if __name__ == "__main__":
    main()
