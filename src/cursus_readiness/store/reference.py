"""What a scenario is compared with: the newest earlier run of the same folder, or a promoted baseline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.model.reference import Reference, ReferenceStep
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.rule import RuleResult, metrics_of
from cursus_readiness.store.history import read_summary
from cursus_readiness.store.layout import OutLayout, RunLayout, ScenarioLayout

_EARLIER_RUNS = 20
_SUCCEEDED = {status.value for status in StepStatus if status.has_succeeded}


@dataclass(frozen=True, slots=True)
class References:
    """What the runs of a folder leave to compare with; nothing without a folder."""

    out: Path | None = None

    def find(self, scenario: str, baseline: str | None = None) -> Reference | None:
        """The scenario as a promoted baseline has it, or (without a name) as the newest complete run has it.

        ``None`` when there is none, of the last twenty runs.
        """
        return self._promoted(baseline, scenario) if baseline else self._newest(scenario)

    def _newest(self, scenario: str) -> Reference | None:
        if self.out is None:
            return None
        manifests = [file for file in self.out.glob("*/run.json") if not file.parent.is_symlink()]
        for manifest in sorted(manifests, key=_age, reverse=True)[:_EARLIER_RUNS]:
            layout = RunLayout(manifest.parent)
            steps = dict(_steps(layout.scenario(scenario)))
            if steps:
                return Reference(name=f"run {layout.run_id}", steps=steps)
        return None

    def _promoted(self, baseline: str, scenario: str) -> Reference | None:
        """A baseline has the numbers that rules judged, and nothing of the data."""
        summary = read_summary(OutLayout(self.out).baseline(baseline)) if self.out is not None else None
        for found in summary.scenarios if summary else ():
            if found.scenario_name == scenario:
                steps = {step.step_name: ReferenceStep(metrics=step.metrics) for step in found.steps}
                return Reference(name=f"baseline {baseline}", steps=steps)
        return None


NO_REFERENCES = References()


def _age(manifest: Path) -> tuple[str, int]:
    """By the start in the folder's name, which is in seconds, and by the end among those of one second."""
    return manifest.parent.name.partition("-")[0], manifest.stat().st_mtime_ns


def _steps(files: ScenarioLayout) -> Iterator[tuple[str, ReferenceStep]]:
    """The steps that succeeded, whatever version of the tool has stored them."""
    for result in sorted(files.folder.glob("*/result.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            fields = json.loads(result.read_text(encoding="utf-8"))
            if fields["status"] in _SUCCEEDED:
                yield fields["step_name"], _step(fields)


def _step(fields: dict[str, Any]) -> ReferenceStep:
    rules = [RuleResult.model_validate(rule) for rule in fields.get("rules", ())]
    kept = {"inputs": fields.get("inputs", ()), "outputs": fields.get("outputs", ()), "metrics": metrics_of(rules)}
    return ReferenceStep.model_validate(kept)
