"""The rules: one explicit line each, and how a scenario's ``validation_rules`` are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.rules.allowed_values import AllowedValues
from cursus_readiness.rules.archive_members import ArchiveMembers
from cursus_readiness.rules.base import Check, MeasuringCheck, ReferringCheck, RepeatingCheck, Rule, RuleSyntaxError
from cursus_readiness.rules.class_balance import ClassBalance
from cursus_readiness.rules.columns import Columns
from cursus_readiness.rules.deterministic import Deterministic
from cursus_readiness.rules.distribution import Distribution
from cursus_readiness.rules.dtypes import Dtypes
from cursus_readiness.rules.equals import Equals
from cursus_readiness.rules.exists import Exists
from cursus_readiness.rules.files import Files
from cursus_readiness.rules.keys import Keys
from cursus_readiness.rules.metric import Metric
from cursus_readiness.rules.model_artifact import ModelArtifact
from cursus_readiness.rules.monotonic import Monotonic
from cursus_readiness.rules.no_overlap import NoOverlap
from cursus_readiness.rules.no_personal_data import NoPersonalData
from cursus_readiness.rules.no_secrets import NoSecrets
from cursus_readiness.rules.nulls import Nulls
from cursus_readiness.rules.pandera import Pandera
from cursus_readiness.rules.pattern import Pattern
from cursus_readiness.rules.predictions import Predictions
from cursus_readiness.rules.readable import Readable
from cursus_readiness.rules.reading import TableFormat
from cursus_readiness.rules.references import Place, find_place, mistake_in
from cursus_readiness.rules.row_count import RowCount
from cursus_readiness.rules.schemas import schema_of_rules
from cursus_readiness.rules.settings import SETTINGS, Settings, read_settings
from cursus_readiness.rules.unique import Unique
from cursus_readiness.rules.value_range import ValueRange

RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        Exists(),
        Files(),
        Readable(),
        Columns(),
        Dtypes(),
        Nulls(),
        Unique(),
        Keys(),
        ValueRange(),
        AllowedValues(),
        Pattern(),
        RowCount(),
        Monotonic(),
        ClassBalance(),
        Distribution(),
        NoOverlap(),
        Predictions(),
        Metric(),
        ModelArtifact(),
        ArchiveMembers(),
        NoSecrets(),
        NoPersonalData(),
        Equals(),
        Deterministic(),
        Pandera(),
    )
}


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A check, and the files it is for: ``output`` of ``step``, those that match ``pattern``.

    ``places`` are where the files are that it compares with, by how the scenario refers to them.
    """

    step: str
    output: str
    pattern: str
    key: str
    check: Check
    settings: Settings = field(default_factory=Settings)
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def compared_steps(self) -> set[str]:
        """Other steps with whose outputs it compares: they have to have ended."""
        return {place.step for place in self.places.values() if place.step is not None}

    @property
    def needs_second_run(self) -> bool:
        """Whether the step has to be run once more."""
        return isinstance(self.check, RepeatingCheck)

    @property
    def target(self) -> str:
        """The files as the scenario names them."""
        return f"{self.output}/{self.pattern}"


def read_rules(plan: Plan) -> tuple[list[BoundRule], list[Finding]]:
    """The rules of a plan's scenario, and what is wrong with them."""
    rules: list[BoundRule] = []
    findings: list[Finding] = []
    outputs = {step.name: [item.name for item in step.job.outputs] for step in plan.steps if step.job}
    forms = _forms(plan)
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
            for key, value, settings in _items(written):
                try:
                    check, read = _check(key, value), read_settings(settings)
                    places = _places(check, step, plan, forms, read.form)
                    output, _, pattern = str(target).partition("/")
                    rules.append(BoundRule(step, output, pattern, key, check, read, places))
                except RuleSyntaxError as error:
                    findings.append(_problem(place, f"{target}: {key}: {error}"))
    return rules, findings


def rules_schema() -> dict[str, Any]:
    """JSON Schema of ``validation_rules``."""
    return schema_of_rules({key: rule.schema for key, rule in RULES.items()}, SETTINGS)


def _items(written: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The rules of a target and the settings beside them; a list of mappings is a rule for each of them."""
    whole = _long_form(written)
    rules = {key: value for key, value in whole.items() if key not in SETTINGS}
    settings = {**{name: whole[name] for name in SETTINGS if name in whole}, "columns": whole.get("columns")}
    for key, value in rules.items() or [("", None)]:
        several = value if isinstance(value, list) and value and all(isinstance(item, dict) for item in value) else None
        for one in several or [value]:
            yield key, one, settings


def _places(
    check: Check, step: str, plan: Plan, forms: dict[tuple[str, str], TableFormat], own_form: TableFormat
) -> dict[str, Place]:
    """Where the files are that a check compares with. Raises RuleSyntaxError."""
    needed = {need.of for need in check.needs if need.of} if isinstance(check, MeasuringCheck) else set()
    referred = {*check.references} if isinstance(check, ReferringCheck) else set()
    return {name: find_place(name, step, plan, forms, own_form) for name in sorted(needed | referred)}


def _forms(plan: Plan) -> dict[tuple[str, str], TableFormat]:
    """How the tables of each target are written, for rules that refer to them."""
    forms = {}
    for step, targets in plan.scenario.validation_rules.items():
        for target, written in targets.items() if isinstance(targets, dict) else ():
            try:
                forms[step, str(target)] = read_settings(_long_form(written)).form
            except RuleSyntaxError:  # told where the rules are read
                continue
    return forms


def _mistake(step: str, target: str, outputs: list[str] | None) -> str | None:
    """What is wrong with the name of a target; ``outputs`` is ``None`` for a step that is not executed."""
    output, _, pattern = target.partition("/")
    if outputs is not None and output not in outputs:
        return _unknown("output", output, outputs, f"step {step!r}")
    mistake = mistake_in(pattern, output)
    return f"{target!r}: {mistake}" if mistake else None


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
