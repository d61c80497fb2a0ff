"""Build the plan of a scenario from the text of its pipeline definition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from cursus_readiness.definitions.graph import dependencies, execution_order
from cursus_readiness.definitions.model import InvalidDefinitionError, PipelineDefinition, hint
from cursus_readiness.definitions.parameters import parameter_values
from cursus_readiness.definitions.parsing import parse
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.naming import execution_variables
from cursus_readiness.planning.serving import serve
from cursus_readiness.planning.steps import StepPlanner
from cursus_readiness.planning.takeover import Start, Takeover
from cursus_readiness.planning.wiring import check_wiring


class InvalidPlanError(Exception):
    """The scenario and its definition cannot be planned; each finding has its place."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.line() for finding in findings))
        self.findings = findings


def build_plan(
    scenario: E2ETestScenario,
    definition_text: str,
    *,
    started_at: str,
    uploads: Mapping[str, InputBinding] | None = None,
    start: Start | None = None,
) -> Plan:
    """The plan of a scenario; ``started_at`` (ISO 8601) is what ``Execution.StartDateTime`` stands for.

    ``uploads`` serve what compiling the definition put into S3; the scenario's own inputs come before them. ``start``
    is where a run begins that does not begin at the beginning.

    Raises InvalidPlanError with every mistake found in the definition, or in the scenario against it, UsageError for a
    start that is no step.
    """
    try:
        definition = parse(definition_text)
        graph = dependencies(definition)
        order = execution_order(definition, graph)
    except InvalidDefinitionError as error:
        raise InvalidPlanError(error.findings) from error
    values, findings = parameter_values(definition, scenario.parameters)
    findings += [*definition.notes, *_unknown_names(scenario, definition)]
    findings += _misplaced_settings(scenario, definition)
    execution = execution_variables(scenario.scenario_name, started_at)
    takeover = Takeover(start, definition, graph) if start else None
    planner = StepPlanner(scenario, definition, values, execution, takeover)
    steps = [planner.plan(definition.steps[name], graph[name]) for name in order]
    read = [uri for step in steps if step.has_fixture for uri in step.property_files.values()]
    served, serving_findings = serve(
        scenario, [step.job for step in steps if step.job], planner.bindings, uploads=uploads or {}, read=read
    )
    if takeover:  # what only steps that are not run read stays on S3
        served = [item for item in served if not item.is_for_scripts or not item.binding.source.startswith("s3:")]
    missing = {item.prefix: planner.missing[item.prefix] for item in served if item.prefix in planner.missing}
    findings += [*missing.values(), *planner.findings]
    findings += serving_findings + check_wiring(definition, steps)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise InvalidPlanError(errors)
    return Plan(
        scenario=scenario,
        steps=tuple(steps),
        served=tuple(item.model_copy(update={"place": planner.places.get(item.prefix, "")}) for item in served),
        findings=tuple(findings),
        late=planner.late,
        models=planner.models,
        definition_sha256=hashlib.sha256(definition_text.encode()).hexdigest(),
    )


def _unknown_names(scenario: E2ETestScenario, definition: PipelineDefinition) -> list[Finding]:
    """Names in the scenario that no step of the definition has."""
    named = [(f"expected_steps.{index}", name) for index, name in enumerate(scenario.expected_steps)]
    named += [(f"steps.{name}", name) for name in scenario.steps]
    named += [(f"validation_rules.{name}", name) for name in scenario.validation_rules]
    return [
        _invalid(f"the definition has no step {name!r}{hint(name, definition.steps)}", place)
        for place, name in named
        if name not in definition.steps
    ]


def _misplaced_settings(scenario: E2ETestScenario, definition: PipelineDefinition) -> Iterator[Finding]:
    """Settings that a step of its type has no use for."""
    for name, override in scenario.steps.items():
        kind = definition.steps[name].type if name in definition.steps else None
        if override.function and kind and kind not in ("Lambda", "Callback"):
            yield _invalid(f"a {kind} step calls no function; only Lambda and Callback do", f"steps.{name}.function")
        if override.function and override.fixture:
            yield _invalid("a fixture stands for the step: its function is never called", f"steps.{name}.function")
        if override.trials and kind and kind != "Tuning":
            yield _invalid(f"a {kind} step has no trials; only Tuning does", f"steps.{name}.trials")


def _invalid(message: str, place: str) -> Finding:
    return Finding(id="invalid-scenario", severity=Severity.ERROR, message=message, place=place)
