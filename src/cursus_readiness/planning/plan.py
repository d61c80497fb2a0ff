"""Build the plan of a scenario from the text of its pipeline definition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches

from cursus_readiness.definitions.expressions import (
    ExpressionError,
    Reference,
    Scope,
    UnsupportedExpressionError,
    references,
    resolve,
)
from cursus_readiness.definitions.graph import dependencies, execution_order
from cursus_readiness.definitions.model import InvalidDefinitionError, PipelineDefinition, Step, invalid, parse
from cursus_readiness.definitions.parameters import parameter_values
from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError
from cursus_readiness.jobs.registry import JOB_TYPES
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.serving import serve

REGION = "us-east-1"


class InvalidPlanError(Exception):
    """The scenario and its definition cannot be planned; each finding has its place."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.line() for finding in findings))
        self.findings = findings


def build_plan(scenario: E2ETestScenario, definition_text: str, *, started_at: str) -> Plan:
    """The plan of a scenario; ``started_at`` (ISO 8601) is what ``Execution.StartDateTime`` stands for.

    Raises InvalidPlanError with every mistake found in the definition, or in the scenario against it.
    """
    try:
        definition = parse(definition_text)
        graph = dependencies(definition)
        order = execution_order(definition, graph)
    except InvalidDefinitionError as error:
        raise InvalidPlanError(error.findings) from error
    values, findings = parameter_values(definition, scenario.parameters)
    findings += _unknown_names(scenario, definition)
    execution = {
        "PipelineName": scenario.scenario_name,
        "PipelineArn": f"arn:aws:sagemaker:{REGION}:000000000000:pipeline/{scenario.scenario_name}",
        "PipelineExecutionId": "readiness",
        "PipelineExecutionArn": f"arn:aws:sagemaker:{REGION}:000000000000:pipeline/execution/readiness",
        "StartDateTime": started_at,
        "CurrentDateTime": started_at,
    }
    planner = _StepPlanner(scenario, values, execution)
    steps = [planner.plan(definition.steps[name], graph[name]) for name in order]
    served, serving_findings = serve(scenario, [step.job for step in steps if step.job])
    findings += planner.findings + serving_findings
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidPlanError([finding for finding in findings if finding.severity is Severity.ERROR])
    return Plan(
        scenario=scenario,
        steps=tuple(steps),
        served=tuple(served),
        findings=tuple(findings),
        definition_sha256=hashlib.sha256(definition_text.encode()).hexdigest(),
    )


class _StepPlanner:
    """Resolves one step after the other; what a step has become is what later steps may refer to."""

    def __init__(self, scenario: E2ETestScenario, values: Mapping[str, object], execution: Mapping[str, str]) -> None:
        self.findings: list[Finding] = []
        self._scenario = scenario
        self._values = values
        self._execution = execution
        self._properties: dict[str, dict[str, object]] = {}

    def plan(self, step: Step, depends_on: tuple[str, ...]) -> PlannedStep:
        planned = PlannedStep(name=step.name, step_type=step.type, depends_on=depends_on)
        job_type = JOB_TYPES.get(step.type)
        if job_type is None:
            return self._not_executed(planned, step, f"step type {step.type} is not supported yet")
        if any(reference.name not in self._properties for reference in _step_references(step)):
            return planned  # blocked: what it refers to is never going to exist
        context = JobContext(job_name=f"pipelines-readiness-{step.name}", region=REGION)
        at = f"{step.at}.Arguments"
        execution = {**self._execution, f"{step.type}JobName": context.job_name}
        scope = Scope(self._values, execution, self._properties)
        try:
            self._require_parameters(step, at)
            arguments = resolve(step.arguments, scope, at)
            job = job_type.build(step.name, arguments, context)
        except (UnsupportedExpressionError, UnsupportedJobError) as error:
            return self._not_executed(planned, step, str(error))
        except ExpressionError as error:
            self.findings.append(invalid(error.at, error.message, step=step.name))
            return planned
        except ArgumentsError as error:
            self.findings.append(invalid(at + error.at, error.message, step=step.name))
            return planned
        self._properties[step.name] = job_type.properties(arguments, context)
        if job.instance_count > 1:
            self._note(step, f"asks for {job.instance_count} instances; one process tree runs here")
        return planned.model_copy(update={"job": job})

    def _require_parameters(self, step: Step, at: str) -> None:
        for reference in references(step.arguments, at):
            if reference.root == "Parameters" and reference.name not in self._values:
                message = f"parameter {reference.name!r} has no default: set parameters.{reference.name}"
                raise ExpressionError(reference.at, message)

    def _not_executed(self, planned: PlannedStep, step: Step, reason: str) -> PlannedStep:
        message = f"step {step.name!r} will not be executed: {reason}"
        self.findings.append(
            Finding(id="not-executed", severity=Severity.WARNING, message=message, place=step.at, step=step.name)
        )
        return planned.model_copy(update={"reason": reason})

    def _note(self, step: Step, message: str) -> None:
        self.findings.append(
            Finding(id="reduced-fidelity", severity=Severity.NOTE, message=message, place=step.at, step=step.name)
        )


def _step_references(step: Step) -> list[Reference]:
    return [found for found in references(step.arguments, step.at) if found.root == "Steps"]


def _unknown_names(scenario: E2ETestScenario, definition: PipelineDefinition) -> list[Finding]:
    """Names in the scenario that no step of the definition has."""
    named = [(f"expected_steps.{index}", name) for index, name in enumerate(scenario.expected_steps)]
    named += [(f"steps.{name}", name) for name in scenario.steps]
    named += [(f"validation_rules.{name}", name) for name in scenario.validation_rules]
    findings = []
    for place, name in named:
        if name not in definition.steps:
            close = get_close_matches(name, definition.steps, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            message = f"the definition has no step {name!r}{hint}"
            findings.append(
                Finding(id="invalid-scenario", severity=Severity.ERROR, message=message, place=place, step=None)
            )
    return findings
