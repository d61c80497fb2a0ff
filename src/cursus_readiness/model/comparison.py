"""A run beside its baseline: per step and figure, what can be said of the difference."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from cursus_readiness.model.audit import Quantity, Unit
from cursus_readiness.model.base import Model
from cursus_readiness.model.notebook import html_table
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.verdict import Verdict


class Figure(StrEnum):
    """What is compared of a step. Of times and memory less is better; of outputs any change is only a change."""

    WALL = "wall time"
    CPU = "CPU time"
    PEAK_MEMORY = "peak memory"
    OUTPUT_ROWS = "output rows"
    OUTPUT_BYTES = "output size"

    @property
    def is_time(self) -> bool:
        """Whether it depends on what else the machine is busy with."""
        return self in (Figure.WALL, Figure.CPU)

    @property
    def is_output(self) -> bool:
        """Whether it is the same each time that the same code reads the same input."""
        return self in (Figure.OUTPUT_ROWS, Figure.OUTPUT_BYTES)

    @property
    def unit(self) -> Unit:
        """The unit of its values."""
        return _UNITS[self]


_UNITS = {
    Figure.WALL: Unit.SECONDS,
    Figure.CPU: Unit.SECONDS,
    Figure.PEAK_MEMORY: Unit.BYTES,
    Figure.OUTPUT_ROWS: Unit.COUNT,
    Figure.OUTPUT_BYTES: Unit.BYTES,
}


class Standing(StrEnum):
    """What can be said of one figure. Only *regressed* and *improved* are proven; *suspect* may be noise."""

    REGRESSED = "regressed"
    SUSPECT = "suspect"
    CHANGED = "changed"
    IMPROVED = "improved"
    SAME = "same"
    NOT_COMPARABLE = "not comparable"
    NOT_MEASURED = "not measured"
    NO_BASELINE = "no baseline"


class Tolerance(Model):
    """How far a figure may be from its baseline: a difference counts when it is beyond both."""

    ratio: float = Field(ge=0)
    absolute: Quantity


class Spread(Model):
    """The values that a figure had: the median of ``count`` measurements, and the extremes."""

    count: int = Field(ge=1)
    median: Quantity
    lowest: Quantity
    highest: Quantity


class FigureComparison(Model):
    """One figure of one step. ``note`` says why it stands so, where that is not plain."""

    figure: Figure
    standing: Standing
    before: Spread | None = None
    now: Spread | None = None
    tolerance: Tolerance | None = None
    delta: Quantity | None = Field(default=None, description="Median now less median before.")
    delta_ratio: float | None = Field(default=None, description="The same as a share of the median before, if not 0.")
    p_value: float | None = Field(default=None, description="Of the rank test, where enough runs were measured.")
    note: str | None = None


class StepChange(StrEnum):
    """Whether both sides have a step."""

    KEPT = "kept"
    RENAMED = "renamed"
    ADDED = "added"
    REMOVED = "removed"


class StepComparison(Model):
    """One step. ``step_name`` is its name now (of a removed one: before), ``name_before`` that of a renamed one."""

    step_name: str
    name_before: str | None = None
    change: StepChange
    status_before: StepStatus | None = None
    status_now: StepStatus | None = None
    figures: tuple[FigureComparison, ...] = ()

    @property
    def has_other_status(self) -> bool:
        """Whether it ended in another way than before; a step that was reused had succeeded."""
        before, now = (_as_executed(status) for status in (self.status_before, self.status_now))
        return before is not None and now is not None and before is not now

    def with_standing(self, *standings: Standing) -> list[FigureComparison]:
        """The figures that stand so."""
        return [item for item in self.figures if item.standing in standings]


def _as_executed(status: StepStatus | None) -> StepStatus | None:
    return StepStatus.SUCCEEDED if status is StepStatus.REUSED else status


class ScenarioComparison(Model):
    """One scenario; ``None`` is a side that does not have it."""

    scenario_name: str
    succeeded_before: bool | None = None
    succeeded_now: bool | None = None
    steps: tuple[StepComparison, ...] = ()


class Side(Model):
    """The runs of one side, the oldest first; the verdict is that of the newest. ``name`` is what people call it."""

    name: str
    run_ids: tuple[str, ...]
    verdict: Verdict
    commit: str | None = None
    forced_because: str | None = None


class Comparison(Model):
    """A run beside its baseline.

    ``obstacles`` are differences of the two machines for which times are not compared, ``differences`` what else is
    not the same (Python, packages, the tool).
    """

    before: Side
    now: Side
    obstacles: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    scenarios: tuple[ScenarioComparison, ...] = ()

    @property
    def has_other_verdict(self) -> bool:
        """Whether the run was judged in another way than its baseline."""
        return self.before.verdict is not self.now.verdict

    def found(self, *standings: Standing) -> Iterator[tuple[str, StepComparison, FigureComparison]]:
        """Scenario, step and figure of all that stands so, in the order of the pipeline."""
        for scenario in self.scenarios:
            for step in scenario.steps:
                for figure in step.with_standing(*standings):
                    yield scenario.scenario_name, step, figure

    def count(self, standing: Standing) -> int:
        """How many figures stand so."""
        return sum(1 for _ in self.found(standing))

    def _repr_html_(self) -> str:
        """The comparison as a notebook shows it: what differs, what matters most first."""
        told = (Standing.REGRESSED, Standing.SUSPECT, Standing.CHANGED, Standing.IMPROVED)
        rows = [
            (
                scenario,
                step.step_name,
                figure.figure.value,
                figure.standing.value,
                str(figure.before.median) if figure.before else "not measured",
                str(figure.now.median) if figure.now else "not measured",
            )
            for standing in told
            for scenario, step, figure in self.found(standing)
        ]
        caption = f"{self.now.name} beside {self.before.name}: {self.count(Standing.SAME)} figures are the same"
        return html_table(caption, ("Scenario", "Step", "Figure", "Standing", "Before", "Now"), rows)
