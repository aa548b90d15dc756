"""The blocks that a step's messages show: the only ones that are worth a query."""

from __future__ import annotations

from enishi import offer
from enishi.content.names import variables
from enishi.content.render import ATTRIBUTES
from enishi.scenario.library import Bundle
from enishi.scenario.model import Scenario, SendStep


def reads_attributes(bundle: Bundle, step: SendStep) -> bool:
    """Whether the step's templates read the retailer's own columns of the customer."""
    return ATTRIBUTES in variables(bundle.files, step.send.template, step.send.channels)


def blocks_of(bundle: Bundle, scenario: Scenario, step: SendStep) -> offer.Offer:
    """The scenario's offer without the blocks that neither the step's templates nor its `requires` name.

    Raises:
        ScenarioError: the offer does not hold.
    """
    shown = variables(bundle.files, step.send.template, step.send.channels)
    return offer.load(scenario.offer).only(shown | set(step.send.requires))
