"""``EndToEndValidator``: the same engine as the command line, for Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cursus_readiness import workflow
from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.result import E2ETestResult
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.render.json import report_fields
from cursus_readiness.scenarios.discovery import discover


class EndToEndValidator:
    """Runs scenarios into run folders below ``reports_dir``, ``jobs`` steps at a time at most."""

    def __init__(self, reports_dir: str | Path = "reports", *, jobs: int = 1) -> None:
        self._reports_dir = Path(reports_dir)
        self._settings = RunSettings(jobs=jobs)

    def discover_test_scenarios(self, scenarios_dir: str) -> list[E2ETestScenario]:
        """Every scenario of a folder tree, sorted by file.

        Raises InvalidInputError, with every mistake of every broken file, when one cannot be read. Use
        ``run_comprehensive_validation`` to run the others all the same.
        """
        found = discover(Path(scenarios_dir))
        if found.broken:
            raise InvalidInputError(
                f"{len(found.broken)} scenario files in {scenarios_dir} are broken",
                fix="correct the lines above",
                problems=tuple(finding.line() for finding in found.findings),
            )
        return list(found.scenarios)

    def execute_scenario(self, scenario: E2ETestScenario) -> E2ETestResult:
        """Run one scenario and write its report.

        A scenario that cannot be run comes back as a result that says why (``problem``, ``error_details``).
        """
        outcome = workflow.run_scenarios([scenario], self._reports_dir, settings=self._settings)
        outcome.check()
        return outcome.report.scenarios[0]

    def run_comprehensive_validation(self, scenarios_dir: str) -> dict[str, Any]:
        """Run every scenario of a folder tree: the content of ``readiness.json``, with ``report_path`` of the page."""
        outcome = workflow.run(Path(scenarios_dir), self._reports_dir, settings=self._settings)
        outcome.check()
        return {**report_fields(outcome.report), "report_path": str(outcome.layout.rendered("html"))}
