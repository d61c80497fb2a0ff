"""The seam of channels, and what is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.units import one_line

LONGEST_TEXT = 3_000


class NotToldError(Exception):
    """A channel could not be reached, or refused what it was told; says which and why, and nothing secret."""


@dataclass(frozen=True, slots=True)
class News:
    """A judged run, and the verdict before it: ``None`` when no earlier run is known."""

    report: ReadinessReport
    before: Verdict | None

    @property
    def is_change(self) -> bool:
        """Whether the verdict is another one. A run of a selection says nothing of the whole."""
        settings = self.report.settings
        return self.report.verdict is not self.before and not (settings.only or settings.tags)

    @property
    def title(self) -> str:
        """The verdict and the one before it."""
        was = f"was {_words(self.before)}" if self.before else "no earlier run is known"
        return f"cursus-readiness: {_words(self.report.verdict)} ({was})"

    @property
    def text(self) -> str:
        """Title, reason, scenarios that did not pass, and where it comes from."""
        report = self.report
        failed = [item.scenario_name for item in report.scenarios if not item.success]
        commit = f", commit {report.environment.commit[:12]}" if report.environment.commit else ""
        lines = [
            self.title,
            report.reason,
            *([f"not passed: {', '.join(failed)}"] if failed else []),
            f"run {report.run_id}{commit}",
        ]
        return "\n".join(one_line(line) for line in lines)[:LONGEST_TEXT]


class Channel(Protocol):
    """Tells news to somebody. With ``is_for_changes`` it is asked only when the verdict is another one."""

    name: str
    is_for_changes: bool

    def tell(self, news: News) -> None:
        """Tell it now. Raises NotToldError."""
        ...


def _words(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")
