"""What can be said of one figure of one step: proven, perhaps, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from cursus_readiness.analysis.ranks import greater_p, least_p
from cursus_readiness.model.audit import Quantity
from cursus_readiness.model.comparison import Figure, FigureComparison, Spread, Standing, Tolerance
from cursus_readiness.model.summary import Measurement, StepSummary


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How differences are judged.

    ``false_alarm_ratio`` is how often a run without any change may show a regression, whatever the noise: it is shared
    out among all figures that are tested. With fewer than ``fewest_runs`` on a side nothing is tested.
    """

    tolerances: Mapping[Figure, Tolerance]
    false_alarm_ratio: float
    fewest_runs: int

    def level(self, figure_count: int) -> float:
        """The p that one of so many figures must not exceed."""
        return self.false_alarm_ratio / max(figure_count, 1)


class Values(NamedTuple):
    """The values of one figure, and why there are none (``unmeasured``) or none to compare (``disturbed``)."""

    known: tuple[float, ...]
    unmeasured: str | None = None
    disturbed: str | None = None


class Ruling(NamedTuple):
    """How a figure stands, and why where that is not plain."""

    standing: Standing
    note: str | None = None
    p_value: float | None = None


def compare_figure(
    figure: Figure,
    before: StepSummary | None,
    now: StepSummary,
    *,
    yardstick: Yardstick,
    level: float,
    obstacle: str | None,
) -> FigureComparison | None:
    """One figure beside its baseline; ``None`` when neither side has it. ``obstacle`` is of the two machines."""
    earlier = _values(figure, before) if before else Values((), "the baseline does not have this step")
    later = _values(figure, now)
    if not earlier.known and not later.known:
        return None
    ruling = _not_comparable(earlier, later, obstacle)
    if ruling is None and not is_beyond(*_medians(earlier, later), yardstick.tolerances[figure]):
        ruling = Ruling(Standing.SAME)
    if ruling is None and figure.is_output:
        ruling = Ruling(Standing.CHANGED)
    if ruling is None and figure is Figure.PEAK_MEMORY and before and _do_bounds_meet(before, now):
        ruling = Ruling(Standing.SAME, "the bounds of the two peaks overlap")
    standing, note, p_value = ruling or _tested(earlier.known, later.known, yardstick, level)
    delta, delta_ratio = _difference(figure, earlier, later)
    return FigureComparison(
        figure=figure,
        standing=standing,
        before=_spread(figure, earlier.known),
        now=_spread(figure, later.known),
        delta=delta,
        delta_ratio=delta_ratio,
        tolerance=yardstick.tolerances[figure],
        p_value=p_value,
        note=note,
    )


def _not_comparable(earlier: Values, later: Values, obstacle: str | None) -> Ruling | None:
    if not later.known:
        return Ruling(Standing.NOT_MEASURED, later.unmeasured)
    if not earlier.known:
        return Ruling(Standing.NO_BASELINE, earlier.unmeasured)
    why = obstacle or later.disturbed or (earlier.disturbed and f"in the baseline {earlier.disturbed}")
    return Ruling(Standing.NOT_COMPARABLE, why) if why else None


def _tested(before: tuple[float, ...], now: tuple[float, ...], yardstick: Yardstick, level: float) -> Ruling:
    """What the rank test says of a difference beyond the tolerance. Only a figure that is worse can be suspect."""
    is_worse = median(now) > median(before)
    unproven = Standing.SUSPECT if is_worse else Standing.SAME
    counts = len(before), len(now)
    if min(counts) < yardstick.fewest_runs or least_p(*counts) > level:
        return Ruling(unproven, _too_few(counts, yardstick, level))
    p_value = greater_p(now, before) if is_worse else greater_p(before, now)
    if p_value <= level:
        return Ruling(Standing.REGRESSED if is_worse else Standing.IMPROVED, None, p_value)
    return Ruling(unproven, f"within the noise of {counts[0]} runs before and {counts[1]} now", p_value)


def is_beyond(before: float, now: float, tolerance: Tolerance) -> bool:
    """Whether a value differs by more than the relative and the absolute tolerance."""
    return abs(now - before) > max(tolerance.ratio * before, tolerance.absolute.value)


def _difference(figure: Figure, earlier: Values, later: Values) -> tuple[Quantity | None, float | None]:
    if not earlier.known or not later.known:
        return None, None
    before, now = _medians(earlier, later)
    ratio = round((now - before) / before, 6) if before else None
    return Quantity(value=round(now - before, 6), unit=figure.unit), ratio


def _medians(earlier: Values, later: Values) -> tuple[float, float]:
    return median(earlier.known), median(later.known)


def _values(figure: Figure, step: StepSummary) -> Values:
    if figure.is_output:
        value = step.output_rows if figure is Figure.OUTPUT_ROWS else step.output_bytes
        return Values(() if value is None else (float(value),), "not counted")
    values = [(_value(figure, item), item.disturbances) for item in step.measurements]
    measured = [(value, disturbances) for value, disturbances in values if value is not None]
    quiet = [value for value, disturbances in measured if not (figure.is_time and disturbances)]
    if quiet:
        return Values(tuple(quiet))
    if measured:
        return Values(tuple(value for value, _ in measured), disturbed="; ".join(measured[-1][1]))
    if step.reused_from:
        return Values((), f"reused from {step.reused_from}, not measured again")
    return Values((), f"{step.status.value.replace('_', ' ')}: only steps that succeed at once are measured")


def _value(figure: Figure, measurement: Measurement) -> float | None:
    return {
        Figure.WALL: measurement.wall_s,
        Figure.CPU: measurement.cpu_s,
        Figure.PEAK_MEMORY: measurement.peak_memory_bytes,
    }[figure]


def _spread(figure: Figure, values: tuple[float, ...]) -> Spread | None:
    if not values:
        return None
    lowest, middle, highest = (
        Quantity(value=value, unit=figure.unit) for value in (min(values), median(values), max(values))
    )
    return Spread(count=len(values), lowest=lowest, median=middle, highest=highest)


def _do_bounds_meet(before: StepSummary, now: StepSummary) -> bool:
    """Whether the peaks may have been the same, for all that could be measured."""
    sides = []
    for step in (before, now):
        lower = [item.peak_memory_lower_bytes for item in step.measurements if item.peak_memory_lower_bytes is not None]
        upper = [item.peak_memory_upper_bytes for item in step.measurements if item.peak_memory_upper_bytes is not None]
        if not lower or not upper:
            return False
        sides.append((median(lower), median(upper)))
    return max(lower for lower, _ in sides) <= min(upper for _, upper in sides)


def _too_few(counts: tuple[int, int], yardstick: Yardstick, level: float) -> str:
    """That so few runs prove nothing, and how many would."""
    enough = yardstick.fewest_runs
    while least_p(enough, enough) > level:
        enough += 1
    measured = "a single measurement" if 1 in counts else f"{counts[0]} runs before, {counts[1]} now"
    return f"{measured}: {enough} runs on each side would tell"
