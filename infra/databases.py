"""The Glue databases of an environment: the lake, the personal data apart, the staging and the work tables."""

from __future__ import annotations

from dataclasses import dataclass

from infra.environments import Environment


@dataclass(frozen=True)
class Databases:
    """Names as `enishi.settings` wants them; several environments may share an account."""

    environment: Environment

    @property
    def lake(self) -> str:
        return f"enishi_{self.environment.name}"

    @property
    def personal(self) -> str:
        return f"{self.lake}_pii"

    @property
    def staging(self) -> str:
        """External tables over the work bucket: staged rows, cohorts, results."""
        return f"{self.lake}_staging"

    @property
    def without_personal_data(self) -> tuple[str, str]:
        return (self.lake, self.staging)
