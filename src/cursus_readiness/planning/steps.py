"""Steps of a definition become planned steps, one after the other in the order of execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cursus_readiness.definitions.conditions import check_conditions
from cursus_readiness.definitions.expressions import (
    LATER,
    ExpressionError,
    Scope,
    has_late,
    markers,
    parse_reference,
    resolve,
    text_of,
)
from cursus_readiness.definitions.graph import step_references
from cursus_readiness.definitions.model import PipelineDefinition, Step, hint, invalid
from cursus_readiness.jobs.base import ArgumentsError, JobContext, MembersError, UnsupportedJobError
from cursus_readiness.jobs.functions import function_source
from cursus_readiness.jobs.registry import JOB_TYPES
from cursus_readiness.model.binding import Fixture, InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job
from cursus_readiness.model.plan import PlannedBranch, PlannedStep
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.building import build_job, job_context
from cursus_readiness.planning.fixtures import (
    FixtureError,
    fixture_bindings,
    fixture_properties,
    is_served,
    output_uris,
)
from cursus_readiness.planning.serving import is_below
from cursus_readiness.planning.takeover import Takeover

Json = Any
_CONTROL = ("Condition", "Fail")


class StepPlanner:
    """Plans one step after the other; what a step has become is what later steps may refer to.

    ``findings``, ``bindings`` (URI -> what serves it, from fixtures, functions and the takeover), ``places`` (URI ->
    where in the scenario that stands), ``missing`` (URI -> what is wrong when a step reads it), ``late`` and ``models``
    (see Plan) grow with each.
    """

    def __init__(
        self,
        scenario: E2ETestScenario,
        definition: PipelineDefinition,
        values: Mapping[str, Json],
        execution: Mapping[str, str],
        takeover: Takeover | None = None,
    ) -> None:
        self.findings: list[Finding] = []
        self.bindings: dict[str, InputBinding] = {}
        self.places: dict[str, str] = {}
        self.missing: dict[str, Finding] = {}
        self._scenario = scenario
        self._definition = definition
        self._values = values
        self._execution = execution
        self._takeover = takeover
        self.late: dict[str, Json] = {}
        self.models: dict[str, dict[str, Json]] = {}
        self._properties: dict[str, dict[str, Json]] = {}
        self._unavailable: set[str] = set()

    def plan(self, step: Step, depends_on: tuple[str, ...]) -> PlannedStep:
        """Plan a step whose upstream steps have been planned."""
        planned = PlannedStep(
            name=step.name,
            step_type=step.type,
            depends_on=depends_on,
            triggers={item.step: item.trigger for item in step.depends_on if item.trigger != "Succeeded"},
            branch=PlannedBranch(condition=step.branch.condition, is_if=step.branch.is_if) if step.branch else None,
            at=step.at,
        )
        if self._takeover and self._takeover.stands_for(step.name):
            return self._taken_over(step, planned, self._takeover)
        if self._unavailable.intersection(depends_on):
            self._unavailable.add(step.name)  # what it needs is never going to exist
            return planned
        try:
            if step.type in _CONTROL:
                return self._control(step, planned)
            return self._execution_of(step, planned)
        except (FixtureError, ExpressionError) as error:
            self.findings.append(_mistake(error, step))
        except ArgumentsError as error:
            at = step.at if isinstance(error, MembersError) else f"{step.at}.Arguments"
            self.findings.append(invalid(f"{at}{error.at}", error.message, step=step.name))
        self._unavailable.add(step.name)
        return planned

    def _scope(self, step: Step, context: JobContext) -> Scope:
        execution = {**self._execution, f"{step.type}JobName": context.job_name}
        return Scope(self._values, execution, self._properties, self._definition.experiment, self.late)

    def _resolved(self, step: Step, scope: Scope) -> tuple[dict[str, Json], dict[str, Json]]:
        """Arguments and members of a step."""
        for reference in step_references(step):
            if reference.root == "Parameters" and reference.name not in self._values:
                message = f"parameter {reference.name!r} has no default: set parameters.{reference.name}"
                raise ExpressionError(reference.at, message)
        arguments = resolve(step.arguments, scope, f"{step.at}.Arguments")
        if not isinstance(arguments, dict):
            raise ExpressionError(f"{step.at}.Arguments", f"an object is expected, not {arguments!r}")
        members = resolve(step.members, scope, step.at)
        if self._takeover and not self._takeover.stands_for(step.name):
            self._require_told(step, (arguments, members), self._takeover)
        return arguments, members

    def _require_told(self, step: Step, values: tuple[Json, ...], takeover: Takeover) -> None:
        """A step that is not run never ends: what only its end tells must be known of the execution."""
        for marker in markers(list(values)):
            path = self.late[marker].get("Get")
            if path and takeover.stands_for(parse_reference(path, step.at).name):
                raise ExpressionError(step.at, f"{path} is not known: {takeover.reference} does not tell it")

    def _taken_over(self, step: Step, planned: PlannedStep, takeover: Takeover) -> PlannedStep:
        """A step that is not run: an execution stands for it, and the scenario's fixture where that has nothing."""
        fixture = self._scenario.fixture_of(step.name) or Fixture()
        own, members = self._known_of(step)
        try:
            own = fixture_properties(own, fixture, step, members)
            taken = takeover.take(step, own, members)
            bindings = fixture_bindings(fixture, taken.properties, step) | taken.bindings
            files = {name: file for name, file in step.property_files.items() if takeover.is_asked_for(step.name, name)}
            property_files = _property_files(replace(step, property_files=files), output_uris(taken.properties))
        except (FixtureError, ExpressionError) as error:
            self.findings.append(_mistake(error, step))
            self._unavailable.add(step.name)
            return planned
        self._properties[step.name] = taken.properties
        if step.type == "Model" and "ModelName" in own:
            self.models[own["ModelName"]] = own
        for uri, finding in taken.missing.items():
            if not any(is_below(uri, prefix) for prefix in (*bindings, *self._scenario.inputs)):
                bindings[uri] = InputBinding(source="s3:")  # else the scenario's data source would serve it
                self.missing[uri] = finding
        self.bindings |= bindings
        known = {
            "has_fixture": True,
            "served_from": takeover.reference,
            "properties": {**fixture.properties, **taken.told},
            "property_files": property_files,
            "reason": takeover.reason,
        }
        return planned.model_copy(update=known)

    def _known_of(self, step: Step) -> tuple[dict[str, Json], dict[str, Json]]:
        """Properties and members of a step that is not run: none, where even they depend on what is not known."""
        if step.type in _CONTROL:
            return {}, {}
        context, job_type = job_context(step.name, self._scenario), JOB_TYPES.get(step.type)
        try:
            arguments, members = self._resolved(step, self._scope(step, context))
            context = job_context(step.name, self._scenario, members, self.models)
            return (job_type.properties(arguments, context) if job_type else dict(arguments)), members
        except (ExpressionError, ArgumentsError):
            return {}, {}

    def _control(self, step: Step, planned: PlannedStep) -> PlannedStep:
        """Condition and Fail: decided by the tool itself."""
        if self._scenario.fixture_of(step.name):
            message = f"a {step.type} step is decided here: leave the fixture out"
            raise FixtureError(f"steps.{step.name}.fixture", message)
        scope = self._scope(step, job_context(step.name, self._scenario))
        arguments, _ = self._resolved(step, scope)
        if step.type == "Fail":
            return planned.model_copy(update={"fail_message": text_of(arguments.get("ErrorMessage", ""))})
        self._properties[step.name] = {"Outcome": LATER}
        conditions = arguments.get("Conditions")
        wrong = check_conditions(conditions, f"{step.at}.Arguments.Conditions", step.name)
        self.findings += wrong
        return planned if wrong else planned.model_copy(update={"conditions": conditions})

    def _execution_of(self, step: Step, planned: PlannedStep) -> PlannedStep:
        """A step that is executed as a job, or served by its fixture, or not at all."""
        fixture = self._scenario.fixture_of(step.name)
        context = job_context(step.name, self._scenario)
        job_type = JOB_TYPES.get(step.type)
        if job_type is None and fixture is None:
            near = hint(step.type, [*JOB_TYPES, *_CONTROL], similarity=0.75)
            if near:
                self.findings.append(
                    invalid(f"{step.at}.Type", f"unknown step type {step.type!r}{near}", step=step.name)
                )
            return self._not_executed(planned, f"step type {step.type} cannot be executed here")
        scope = self._scope(step, context)
        arguments, members = self._resolved(step, scope)
        context = job_context(step.name, self._scenario, members, self.models)
        properties = job_type.properties(arguments, context) if job_type else dict(arguments)
        if fixture:
            properties = fixture_properties(properties, fixture, step, members)
        self._properties[step.name] = properties
        if step.type == "Model":
            self.models[properties["ModelName"]] = arguments
        if fixture:
            bindings = fixture_bindings(fixture, properties, step)
            self.bindings |= bindings
            self.places |= dict.fromkeys(bindings, f"steps.{step.name}.fixture.outputs")
            files = _property_files(step, output_uris(properties))
            known = {"has_fixture": True, "properties": fixture.properties, "property_files": files}
            return self._not_executed(planned.model_copy(update=known), "the scenario's fixture stands for it")
        try:
            job = build_job(step.type, step.name, arguments, context, step.at)
        except UnsupportedJobError as error:
            served = is_served(step, properties, self._scenario.inputs)
            files = _property_files(step, output_uris(properties)) if served else {}
            known = {"has_fixture": served, "property_files": files}
            return self._not_executed(planned.model_copy(update=known), str(error))
        self._note_reductions(step, job)
        self._serve_function(step, context)
        is_late = self.late and any(has_late(value) for value in (arguments, members, job.model_dump(mode="json")))
        late = {"arguments": arguments, "members": members} if is_late else {}
        files = _property_files(step, {output.name: output.uri for output in job.outputs})
        return planned.model_copy(update={"job": job, "property_files": files, **late})

    def _serve_function(self, step: Step, context: JobContext) -> None:
        """The scenario's function is an input like any other."""
        if context.function and step.type in ("Lambda", "Callback"):
            uri, path = function_source(context.function, context.job_name)
            self.bindings[uri] = InputBinding(source=f"local:{path}")
            self.places[uri] = f"steps.{step.name}.function"

    def _not_executed(self, planned: PlannedStep, reason: str) -> PlannedStep:
        served = planned.has_fixture
        if not served:
            self._unavailable.add(planned.name)
        ending = "; its outputs are served" if served else ""
        self._note(planned, "not-executed", Severity.WARNING, f"will not be executed: {reason}{ending}")
        return planned.model_copy(update={"reason": reason})

    def _note_reductions(self, step: Step, job: Job) -> None:
        """What is executed otherwise than it would be there."""
        planned = PlannedStep(name=step.name, step_type=step.type, at=step.at)
        if job.instance_count > 1:
            message = f"asks for {job.instance_count} instances; one process tree runs here"
            self._note(planned, "reduced-fidelity", Severity.NOTE, message)
        if job.stand_in:
            self._note(planned, "stand-in", Severity.NOTE, f"is executed by a stand-in: {job.stand_in}")

    def _note(self, step: PlannedStep, kind: str, severity: Severity, message: str) -> None:
        message = f"step {step.name!r} {message}"
        self.findings.append(Finding(id=kind, severity=severity, message=message, place=step.at, step=step.name))


def _mistake(error: FixtureError | ExpressionError, step: Step) -> Finding:
    """A mistake in the scenario, or in the definition."""
    kind = "invalid-scenario" if isinstance(error, FixtureError) else "invalid-definition"
    return Finding(id=kind, severity=Severity.ERROR, message=error.message, place=error.at, step=step.name)


def _property_files(step: Step, outputs: Mapping[str, str]) -> dict[str, str]:
    """Where the property files of a step will lie.

    Raises ExpressionError for a file of an output that the step does not have.
    """
    found = {}
    for index, (name, file) in enumerate(step.property_files.items()):
        if file.output not in outputs:
            message = f"step {step.name!r} has no output {file.output!r}{hint(file.output, outputs)}"
            raise ExpressionError(f"{step.at}.PropertyFiles[{index}].OutputName", message)
        found[name] = f"{outputs[file.output].rstrip('/')}/{file.path}"
    return found
