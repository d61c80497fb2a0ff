"""The rules: one explicit line each, and how a scenario's ``validation_rules`` are read."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.rules.base import Check, Rule, RuleSyntaxError
from cursus_readiness.rules.columns import Columns
from cursus_readiness.rules.dtypes import Dtypes
from cursus_readiness.rules.exists import Exists
from cursus_readiness.rules.metric import Metric
from cursus_readiness.rules.nulls import Nulls
from cursus_readiness.rules.row_count import RowCount
from cursus_readiness.rules.value_range import ValueRange

RULES: dict[str, Rule] = {
    rule.key: rule for rule in (Exists(), RowCount(), Columns(), Dtypes(), Nulls(), ValueRange(), Metric())
}


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A check, and the files it is for: ``output`` of ``step``, those that match ``pattern``."""

    step: str
    output: str
    pattern: str
    key: str
    check: Check

    @property
    def target(self) -> str:
        """The files as the scenario names them."""
        return f"{self.output}/{self.pattern}"


def read_rules(plan: Plan) -> tuple[list[BoundRule], list[Finding]]:
    """The rules of a plan's scenario, and what is wrong with them."""
    rules: list[BoundRule] = []
    findings: list[Finding] = []
    outputs = {step.name: [item.name for item in step.job.outputs] for step in plan.steps if step.job}
    for step, targets in plan.scenario.validation_rules.items():
        place = f"validation_rules.{step}"
        if not isinstance(targets, dict) or not targets:
            findings.append(_problem(place, "a mapping of 'OutputName/files' to rules is expected"))
            continue
        for target, written in targets.items():
            mistake = _mistake(step, str(target), outputs.get(step))
            if mistake:
                findings.append(_problem(place, mistake))
                continue
            output, _, pattern = str(target).partition("/")
            for key, value in _long_form(written).items() or [("", None)]:
                try:
                    rules.append(BoundRule(step, output, pattern, key, _check(key, value)))
                except RuleSyntaxError as error:
                    findings.append(_problem(place, f"{target}: {key}: {error}"))
    return rules, findings


def _mistake(step: str, target: str, outputs: list[str] | None) -> str | None:
    """What is wrong with the name of a target; ``outputs`` is ``None`` for a step that is not executed."""
    output, _, pattern = target.partition("/")
    if outputs is not None and output not in outputs:
        return _unknown("output", output, outputs, f"step {step!r}")
    if not pattern:
        return f"{target!r}: name files too, as in '{output}/*.csv'"
    parts = pattern.split("/")
    if pattern.startswith("/") or ".." in parts or any("**" in part and part != "**" for part in parts):
        return f"{target!r}: a pattern below the output is expected, such as 'train/*.csv' or '**/*.csv'"
    return None


def _long_form(written: Any) -> dict[str, Any]:
    """``exists`` and ``"auc >= 0.8"`` are short for the mappings that most people mean by them."""
    if written == "exists" or written is True:
        return {"exists": True}
    return {str(key): value for key, value in written.items()} if isinstance(written, dict) else {"metric": written}


def _check(key: str, value: Any) -> Check:
    if not key:
        raise RuleSyntaxError("there is no rule")
    if key not in RULES:
        raise RuleSyntaxError(_unknown("rule", key, list(RULES), "the rules"))
    return RULES[key].parse(value)


def _unknown(kind: str, name: str, known: list[str], whose: str) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"{whose}: {', '.join(known) or 'none'}"
    return f"unknown {kind} {name!r} ({hint})"


def _problem(place: str, message: str) -> Finding:
    return Finding(id="invalid-scenario", severity=Severity.ERROR, message=message, place=place)
