"""The frozen scenario of a run."""

from __future__ import annotations

from enishi.flow.payload import Run
from enishi.ports import Services
from enishi.scenario.library import Bundle, Definition, library
from enishi.scenario.model import Scenario


def key(scenario: str, version: str) -> str:
    """Where a version's bundle lies in the work store."""
    return f"versions/{scenario}/{version}.json"


def freeze(services: Services, scenario: str) -> Definition:
    """The scenario as it stands now, its bundle kept in the work store.

    Raises:
        ScenarioError: there is no such scenario, or it does not hold.
    """
    definition = library(services.settings).read(scenario)
    bundle = definition.bundle
    services.work.put_if_absent(key(bundle.id, bundle.version), bundle.to_json().encode())
    return definition


def bundle_of(services: Services, run: Run) -> Bundle:
    """The bundle that `run` started with. Raises LakeError when the work store has lost it."""
    return Bundle.from_json(services.work.get(key(run.scenario, run.version)))


def scenario_of(services: Services, run: Run) -> Scenario:
    """The definition that `run` started with; raises as `bundle_of`."""
    return bundle_of(services, run).scenario()
