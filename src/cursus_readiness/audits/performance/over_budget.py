"""Steps keep to the budgets of the policy."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.policy import Budget
from cursus_readiness.model.result import StepResult
from cursus_readiness.units import MIB

_Overrun = tuple[StepResult, str, Quantity, Quantity]


class OverBudget:
    """The step that is furthest over one of its budgets; what was not measured leaves a budget without evidence."""

    meta = AuditMeta(
        id="over-budget",
        title="Steps keep to their budgets",
        failure_title="Steps go over their budgets",
        level=Level.GATE,
        checklist_item=2,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge every step that a budget is for."""
        name = evidence.scenario.scenario_name
        steps = [step for step in evidence.scenario.steps if step.had_process]
        pairs = [(step, item) for item in evidence.budgets for step in steps if item.covers(name, step.step_name)]
        if not any(item.covers(name, step.step_name) for item in evidence.budgets for step in evidence.scenario.steps):
            remedy = "Write [[budgets]] into readiness.toml."
            yield Product(Outcome.NOT_APPLICABLE, "the policy has no budget for its steps", remedy=remedy)
            return
        found = [(step, *figure) for step, item in pairs for figure in _figures(step, item)]
        unknown = sorted({step.step_name for step, _, value, _ in found if value is None})
        over: list[_Overrun] = [
            (step, figure, value, limit)
            for step, figure, value, limit in found
            if value is not None and value.value > limit.value
        ]
        if over:
            step, figure, value, limit = max(over, key=lambda item: item[2].value / max(item[3].value, 1e-9))
            names = tuple(dict.fromkeys(item[0].step_name for item in over))
            more = f" (and {len(over) - 1} more)" if len(over) > 1 else ""
            message = f"{step.step_name}: {figure} {value}, the budget is {limit}{more}"
            remedy = f"Make {step.step_name} cheaper, or change its budget in the policy."
            yield Product(
                Outcome.FAIL, message, step=step.step_name, measured=value, threshold=limit, remedy=remedy, steps=names
            )
        elif unknown or not found:
            what = f"not measured: {', '.join(unknown)}" if unknown else "no step with a budget was executed"
            yield Product(Outcome.NO_EVIDENCE, what, remedy="Run the scenario without reusing steps.")
        else:
            yield Product(Outcome.PASS, f"{len(found)} budgets are kept")


def _figures(step: StepResult, budget: Budget) -> Iterator[tuple[str, Quantity | None, Quantity]]:
    peak, allowed_mb = step.usage.peak_memory_bytes, budget.peak_memory_mb
    if budget.wall_s is not None:
        yield "time", _quantity(step.wall_s, Unit.SECONDS), Quantity(value=budget.wall_s, unit=Unit.SECONDS)
    if budget.cpu_s is not None:
        yield "CPU time", _quantity(step.usage.cpu_s, Unit.SECONDS), Quantity(value=budget.cpu_s, unit=Unit.SECONDS)
    if allowed_mb is not None:
        limit = Quantity(value=allowed_mb * MIB, unit=Unit.BYTES)
        yield "peak memory", _quantity(peak, Unit.BYTES), limit


def _quantity(value: float | None, unit: Unit) -> Quantity | None:
    return None if value is None else Quantity(value=value, unit=unit)
