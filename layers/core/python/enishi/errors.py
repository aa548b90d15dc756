"""One error tree. Every error a user can meet says what happened, where, and what to do.

EnishiError
├── SettingsError            a setting is missing or makes no sense
├── InputError               something the retailer gave us
│   ├── SourceFileError      a raw file cannot be read as its mapping says
│   ├── MappingError         a source mapping is wrong
│   └── ConnectorError       a retailer's database or bucket cannot be read
├── DefinitionError          something a planner or an analyst wrote
│   ├── SegmentError
│   ├── ScenarioError
│   ├── TemplateError
│   ├── AnalysisError
│   └── QueryError           SQL that is not proven on both engines, or is not SQL
├── LakeError                a table, a column or a write that the lake refuses
├── DeliveryError            a channel or the ledger cannot go on
│   └── ClaimsInFlightError     another worker holds live claims of this chunk; try again later
├── RunError                 a scenario run that cannot start, go on or end
└── NotSupportedError          asked for something that this version does not do yet

Personal data never enters an error: name the file, the row and the column, not the value.
"""

from __future__ import annotations

from typing import ClassVar


class EnishiError(Exception):
    """Base of every error that a user can meet.

    Args:
        what: what happened, one sentence without a full stop at the end of the key facts.
        where: file, line, key, row — as near as is known; "" when there is no place.
        remedy: what to do about it, as an instruction.
    """

    code: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}.{remedy}"

    def as_dict(self) -> dict[str, str]:
        """The same three facts for `--format json` and for a Lambda's reply."""
        return {"error": self.code, "what": self.what, "where": self.where, "remedy": self.remedy}


class SettingsError(EnishiError):
    code = "settings"


class InputError(EnishiError):
    code = "input"


class SourceFileError(InputError):
    code = "source_file"


class LoadStoppedError(InputError):
    code = "load_stopped"


class MappingError(InputError):
    code = "mapping"


class ConnectorError(InputError):
    code = "connector"


class DefinitionError(EnishiError):
    code = "definition"


class SegmentError(DefinitionError):
    code = "segment"


class ScenarioError(DefinitionError):
    code = "scenario"


class TemplateError(DefinitionError):
    code = "template"


class AnalysisError(DefinitionError):
    code = "analysis"


class QueryError(DefinitionError):
    code = "query"


class LakeError(EnishiError):
    code = "lake"


class DeliveryError(EnishiError):
    code = "delivery"


class ClaimsInFlightError(DeliveryError):
    code = "claims_in_flight"


class RunError(EnishiError):
    code = "run"


class NotSupportedError(EnishiError):
    code = "not_supported"
