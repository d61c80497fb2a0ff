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
from cursus_readiness.store.layout import RunLayout, ScenarioLayout, baseline_file

_EARLIER_RUNS = 20
_SUCCEEDED = {status.value for status in StepStatus if status.has_succeeded}


@dataclass(frozen=True, slots=True)
class References:
    """What the runs of a folder leave to compare with; nothing without a folder."""

    out: Path | None = None

    def newest(self, scenario: str) -> Reference | None:
        """The scenario as the newest complete run has it, of the last twenty; ``None`` when none has."""
        if self.out is None:
            return None
        folders = [file.parent for file in self.out.glob("*/run.json") if not file.parent.is_symlink()]
        for folder in sorted(folders, reverse=True)[:_EARLIER_RUNS]:
            layout = RunLayout(folder)
            steps = dict(_steps(layout.scenario(scenario)))
            if steps:
                return Reference(name=f"run {layout.run_id}", steps=steps)
        return None

    def promoted(self, baseline: str, scenario: str) -> Reference | None:
        """The scenario as a promoted baseline has it below ``references``; ``None`` when it has not."""
        if self.out is None:
            return None
        try:
            text = baseline_file(self.out, baseline).read_text(encoding="utf-8")
            found = json.loads(text)["references"][scenario]
            return Reference.model_validate({**found, "name": f"baseline {baseline}"})
        except (OSError, ValueError, KeyError, TypeError):
            return None


NO_REFERENCES = References()


def _steps(files: ScenarioLayout) -> Iterator[tuple[str, ReferenceStep]]:
    """The steps that succeeded, whatever version of the tool has stored them."""
    for result in sorted(files.folder.glob("*/result.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            fields = json.loads(result.read_text(encoding="utf-8"))
            if fields["status"] in _SUCCEEDED:
                yield fields["step_name"], _step(fields)


def _step(fields: dict[str, Any]) -> ReferenceStep:
    metrics: dict[str, dict[str, float]] = {}
    for rule in fields.get("rules", ()):
        if rule.get("measured"):
            metrics.setdefault(rule["target"], {}).update(rule["measured"])
    kept = {"inputs": fields.get("inputs", ()), "outputs": fields.get("outputs", ()), "metrics": metrics}
    return ReferenceStep.model_validate(kept)
