"""A finding: one thing that somebody should know, with its place and a remedy."""

from __future__ import annotations

from enum import StrEnum

from cursus_readiness.model.base import Model


class Severity(StrEnum):
    """How much a finding matters: an error breaks a gate, a warning does not, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Model):
    """One observation about a scenario, its definition, or what a step wrote.

    ``place`` is where to look: ``file:line: field`` of a scenario, the JSON path of a definition, or
    ``output/file`` of a step.
    """

    id: str
    severity: Severity
    message: str
    place: str = ""
    step: str | None = None
    remedy: str | None = None
    examples: tuple[str, ...] = ()

    def told(self) -> str:
        """The finding with its remedy, as the terminal shows it."""
        return f"{self.line()}\n  fix: {self.remedy}" if self.remedy else self.line()

    def line(self) -> str:
        """The finding in one line."""
        return f"{self.place}: {self.message}" if self.place else self.message
