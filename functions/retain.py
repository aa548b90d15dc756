"""Let go what is too old."""

from enishi.flow.retain import retain
from enishi.ports import Services
from enishi.wiring import privacy_tools
from functions.start import Event, call


def old_things(services: Services) -> Event:
    """How many rows went, of how many tables."""
    gone = retain(privacy_tools(services))
    return {"tables": len(gone), "rows": sum(one.rows for one in gone)}


handler = call("retain", old_things)
