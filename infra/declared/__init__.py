"""What the retailer declared for deployment: sources with a connector, a schedule or a due time, and write-backs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pydantic import TypeAdapter

from enishi.ingest import sources
from enishi.ingest.connectors.declaration import Schedule
from enishi.ingest.mapping import Mapping
from enishi.results.writeback import library
from enishi.results.writeback.declaration import WriteBack
from enishi.scenario.schedule import Trigger
from enishi.scenario.triggers import Plan, plan
from infra.environments import Environment
from infra.tools.layers import ROOT

_TRIGGER: TypeAdapter[Trigger] = TypeAdapter(Trigger)


@dataclass(frozen=True)
class Declared:
    """Read at synth from the environment's folder."""

    sources: tuple[Mapping, ...] = ()
    write_backs: tuple[WriteBack, ...] = ()

    @cached_property
    def fetched(self) -> tuple[Mapping, ...]:
        """Sources with a connector, but those whose files are dropped and load at once."""
        return tuple(source for source in self.sources if source.origin is not None and source.schedule is not None)

    @cached_property
    def due(self) -> tuple[Mapping, ...]:
        """Sources that somebody waits for."""
        return tuple(source for source in self.sources if source.due_by is not None)

    @cached_property
    def written(self) -> tuple[WriteBack, ...]:
        return tuple(one for one in self.write_backs if one.schedule is not None)


def declared(environment: Environment) -> Declared:
    """What stands in the environment's folder; nothing when there is none.

    Raises:
        MappingError: a declaration that is wrong; file and key are named.
    """
    folder = ROOT / environment.declared
    mappings, files = folder / "sources", folder / "writebacks"
    found = sources.from_folder(mappings) if mappings.is_dir() else sources.Sources(())
    written = library.from_folder(files) if files.is_dir() else {}
    return Declared(tuple(found[name] for name in found), tuple(written.values()))


def files(environment: Environment) -> dict[str, str]:
    """Key in the raw bucket → text, of every declaration in the environment's folder."""
    folder = ROOT / environment.declared
    found = sorted(path for kind in ("sources", "writebacks") for path in (folder / kind).glob("*.yaml"))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


def plan_of(schedule: Schedule, zone: str) -> Plan:
    """EventBridge's expressions of a schedule."""
    return plan(_TRIGGER.validate_python(schedule.trigger), zone)
