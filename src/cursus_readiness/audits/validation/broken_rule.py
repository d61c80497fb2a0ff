"""Every validation rule holds."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit


class BrokenRule:
    """The number of rules that did not hold; a rule that could not be judged is never taken for held."""

    meta = AuditMeta(
        id="broken-rule",
        title="All validation rules hold",
        failure_title="Validation rules are broken",
        level=Level.GATE,
        checklist_item=1,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge the rule results."""
        rules = evidence.scenario.rules
        broken = [rule for rule in rules if rule.held is False]
        unknown = [rule for rule in rules if rule.held is None]
        allowed = Quantity(value=0, unit=Unit.COUNT)
        if broken:
            first = broken[0]
            yield Product(
                Outcome.FAIL,
                f"{len(broken)} of {len(rules)} rules are broken, first {first.step} {first.target} {first.rule}: "
                f"{first.message}",
                step=first.step,
                steps=tuple(dict.fromkeys(rule.step for rule in broken)),
                measured=Quantity(value=len(broken), unit=Unit.COUNT),
                threshold=allowed,
                remedy=f"Look at what {first.step} wrote to {first.target}.",
            )
        elif unknown:
            first = unknown[0]
            message = f"{len(unknown)} of {len(rules)} rules could not be judged, first {first.step} {first.target}"
            yield Product(Outcome.NO_EVIDENCE, message, step=first.step, remedy="Get the step to run first.")
        elif rules:
            yield Product(Outcome.PASS, f"all {len(rules)} rules hold", measured=allowed, threshold=allowed)
        elif evidence.scenario.problem or not evidence.scenario.is_complete:
            yield Product(Outcome.NO_EVIDENCE, "no rule was judged", remedy="Run the scenario to its end.")
        else:
            message = "the scenario declares no validation rules: outputs were not judged"
            yield Product(Outcome.NOT_APPLICABLE, message, remedy="Declare validation_rules.")
