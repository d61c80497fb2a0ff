"""What audits that need a baseline have in common."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import Advice, Evidence, Product
from cursus_readiness.model.audit import Outcome, Quantity
from cursus_readiness.model.comparison import Figure, FigureComparison, Standing, StepComparison
from cursus_readiness.units import format_ratio

_WORSE = (Standing.REGRESSED, Standing.SUSPECT, Standing.CHANGED)
_UNKNOWN = (Standing.NOT_COMPARABLE, Standing.NOT_MEASURED)


def judge_beside_baseline(evidence: Evidence, figures: tuple[Figure, ...], *, category: str) -> Iterator[Product]:
    """One product per step that is worse, else one that says why nothing is.

    Only what is proven becomes a recommendation; a suspicion is a warning that asks for more runs.
    """
    comparison = evidence.comparison
    if comparison is None:
        remedy = "Make a good run the baseline: readiness baseline promote RUN."
        yield Product(Outcome.NOT_APPLICABLE, "there is no baseline to compare with", remedy=remedy)
        return
    baseline = comparison.before.name
    mine = [item for item in comparison.scenarios if item.scenario_name == evidence.scenario.scenario_name]
    found = [(step, item) for one in mine for step in one.steps for item in step.figures if item.figure in figures]
    if all(item.standing is Standing.NO_BASELINE for _, item in found):
        message, remedy = f"{baseline} has no measurement to compare with", f"Promote a newer {baseline}."
        yield Product(Outcome.NOT_APPLICABLE, message, remedy=remedy)
        return
    worst = _worst_of_steps(found)
    for step, item in worst:
        yield _product(step, item, baseline, category)
    unknown = [item for _, item in found if item.standing in _UNKNOWN]
    if not worst and len(unknown) == len(found):
        message = f"not comparable with {baseline}: {unknown[0].note}"
        remedy = f"Run all steps on the machine of {baseline} when it is quiet, or promote a run of this one."
        yield Product(Outcome.NO_EVIDENCE, message, remedy=remedy)
    elif not worst:
        left_out = f"; {len(unknown)} figures could not be compared" if unknown else ""
        yield Product(Outcome.PASS, f"as in {baseline}: {len(found) - len(unknown)} figures{left_out}")


def _worst_of_steps(
    found: list[tuple[StepComparison, FigureComparison]],
) -> list[tuple[StepComparison, FigureComparison]]:
    """Of each step the figure that is worst: proven before suspect, then by how much."""
    worst: dict[str, tuple[StepComparison, FigureComparison]] = {}
    for step, item in sorted(found, key=lambda pair: (_rank(pair[1]), -abs(pair[1].delta_ratio or 0.0))):
        if item.standing in _WORSE:
            worst.setdefault(step.step_name, (step, item))
    places = {step.step_name: place for place, (step, _) in enumerate(found)}
    return sorted(worst.values(), key=lambda pair: places[pair[0].step_name])


def _rank(item: FigureComparison) -> int:
    return list(Standing).index(item.standing)


def _product(step: StepComparison, item: FigureComparison, baseline: str, category: str) -> Product:
    before, now, delta = item.before, item.now, item.delta
    if before is None or now is None or delta is None or item.tolerance is None:
        raise ValueError(f"{item.standing} without values")
    is_proven = item.standing is Standing.REGRESSED
    change = "" if item.delta_ratio is None else f" ({'+' if delta.value > 0 else ''}{format_ratio(item.delta_ratio)})"
    note = f", {item.note}" if item.note else ""
    accept = f"if it is meant, promote a newer {baseline}"
    allowed = before.median.value + max(item.tolerance.ratio * before.median.value, item.tolerance.absolute.value)
    return Product(
        Outcome.WARN,
        f"{step.step_name}: {item.figure.value} {now.median}, {before.median} in {baseline}{change}{note}",
        step=step.step_name,
        measured=now.median,
        threshold=None if item.figure.is_output else Quantity(value=allowed, unit=item.figure.unit),
        remedy=f"Run it again: one run proves nothing; {accept}."
        if item.standing is Standing.SUSPECT
        else f"Look at what has changed in {step.step_name}; {accept}.",
        advice=Advice(category, "medium", f"{_positive(delta)} less, as in {baseline}") if is_proven else None,
    )


def _positive(delta: Quantity) -> Quantity:
    return Quantity(value=abs(delta.value), unit=delta.unit)
