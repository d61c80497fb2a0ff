"""From scenario files to plans that can be run: load, compile, plan, check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cursus_readiness.clock import SystemClock
from cursus_readiness.cursus.compiling import check_project, compile_pipeline
from cursus_readiness.cursus.project import InvalidProjectError, means_cursus
from cursus_readiness.definitions.model import InvalidDefinitionError
from cursus_readiness.errors import CannotRunError, InvalidInputError
from cursus_readiness.gather.run import RejectedScenario
from cursus_readiness.gather.scenario import PreparedScenario
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.scenario import E2ETestScenario, InputBinding
from cursus_readiness.planning.draft import draft_scenario
from cursus_readiness.planning.plan import InvalidPlanError, build_plan
from cursus_readiness.planning.selection import Selection
from cursus_readiness.resources import cache_dir
from cursus_readiness.rules.registry import BoundRule, read_rules
from cursus_readiness.scenarios.discovery import Discovery, discover
from cursus_readiness.scenarios.drafting import files_near, place_of, relative_path
from cursus_readiness.scenarios.loading import problem, shown, with_lines
from cursus_readiness.sources.registry import check_sources
from cursus_readiness.store.writing import write_text

_PLAIN_NAMES = ("definition", "pipeline")


def prepare(
    scenario: E2ETestScenario, selection: Selection, started_at: datetime
) -> PreparedScenario | RejectedScenario:
    """A scenario ready to be run, or what keeps it from that. Raises UsageError for an unknown selected step."""
    try:
        plan, rules = plan_scenario(scenario, started_at)
    except InvalidPlanError as error:
        return RejectedScenario(scenario.scenario_name, "invalid", tuple(error.findings))
    except CannotRunError as error:
        found = Finding(id="cannot-run", severity=Severity.ERROR, message=error.message, remedy=error.fix)
        return RejectedScenario(scenario.scenario_name, "cannot_run", (found,))
    return PreparedScenario(plan, rules, selection.steps(plan))


def plan_scenario(scenario: E2ETestScenario, started_at: datetime) -> tuple[Plan, list[BoundRule]]:
    """The plan of a scenario and its rules.

    Raises InvalidPlanError with every mistake, each with its file, and CannotRunError where a Cursus project cannot be
    compiled.
    """
    path = scenario.path_of(scenario.pipeline_config_path)
    pipeline = _compiled(scenario) if means_cursus(scenario) else _read(scenario, path)
    try:
        plan = build_plan(
            pipeline.scenario, pipeline.definition_text, started_at=started_at.isoformat(), uploads=pipeline.uploads
        )
    except InvalidPlanError as error:
        raise InvalidPlanError(_placed(error.findings, scenario)) from error
    came_along = {
        "findings": (*pipeline.findings, *plan.findings),
        "framework_requirements": dict(pipeline.framework_requirements),
    }
    plan = plan.model_copy(update=came_along)
    rules, findings = read_rules(plan)
    findings += check_sources(plan)
    if findings:
        raise InvalidPlanError(with_lines(findings, scenario))
    return plan, rules


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """The definition of a scenario's pipeline, and what came with it when it was compiled here."""

    scenario: E2ETestScenario
    definition_text: str
    uploads: Mapping[str, InputBinding] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    framework_requirements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _read(scenario: E2ETestScenario, path: Path) -> _Pipeline:
    try:
        return _Pipeline(scenario, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        found = problem("pipeline_config_path", f"{shown(path)}: {reason}")
        raise InvalidPlanError(with_lines([found], scenario)) from error


def _compiled(scenario: E2ETestScenario) -> _Pipeline:
    try:
        compiled = compile_pipeline(scenario, cache_dir() / "cursus")
    except InvalidProjectError as error:
        raise InvalidPlanError(_placed(error.findings, scenario)) from error
    return _Pipeline(
        compiled.with_parameters(scenario),
        compiled.definition_text,
        compiled.bindings(),
        compiled.findings,
        compiled.framework_requirements,
    )


def check_uncompiled(scenario: E2ETestScenario, error: CannotRunError) -> list[Finding]:
    """What can be said of a scenario's Cursus project although it cannot be compiled here, because of ``error``.

    Raises the error itself when there is no Cursus project.
    """
    if not means_cursus(scenario):
        raise error
    note = Finding(
        id="not-compiled", severity=Severity.WARNING, message=error.message, place="cursus", remedy=error.fix
    )
    return _placed((*check_project(scenario), note), scenario)


def check(scenarios: Path) -> tuple[Discovery, list[tuple[E2ETestScenario, list[Finding]]]]:
    """Lint scenarios without running them: what was found, and the findings of each valid file's plan."""
    found = discover(scenarios)
    now = SystemClock().now()
    results = []
    for scenario in found.scenarios:
        try:
            plan, _ = plan_scenario(scenario, now)
            findings = with_lines_of_notes(plan)
        except InvalidPlanError as error:
            findings = error.findings
        except CannotRunError as error:
            findings = check_uncompiled(scenario, error)
        results.append((scenario, findings))
    return found, results


def draft(pipeline: Path, out: Path | None) -> Path:
    """Write a commented scenario for a pipeline definition; where.

    Raises UsageError when the file is there already, InvalidInputError for a definition that has mistakes,
    CannotRunError when the file cannot be written.
    """
    path = place_of(pipeline, out)
    folder = path.parent
    try:
        text = pipeline.read_text(encoding="utf-8")
        name = pipeline.resolve().parent.name if pipeline.stem in _PLAIN_NAMES else pipeline.stem
        drafted = draft_scenario(name, text, relative_path(pipeline, folder), files_near(pipeline.parent, folder))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidInputError(f"{pipeline}: {reason}", fix="name a compiled pipeline definition") from error
    except (InvalidPlanError, InvalidDefinitionError) as error:
        lines = tuple(f"{shown(pipeline)}: {finding.line()}" for finding in error.findings)
        raise InvalidInputError(f"{pipeline} has mistakes", fix="correct the lines above", problems=lines) from error
    try:
        write_text(path, drafted)
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}", fix="name another file with --out") from error
    return path


def with_lines_of_notes(plan: Plan) -> list[Finding]:
    """Notes and warnings of a plan, with the place that people can open."""
    return _placed(plan.findings, plan.scenario)


def _placed(findings: Iterable[Finding], scenario: E2ETestScenario) -> list[Finding]:
    """Findings with the file that their place is in: the definition, what Cursus compiled, or the scenario."""
    path = shown(scenario.path_of(scenario.pipeline_config_path))
    pipeline = f"{path} (compiled)" if means_cursus(scenario) else path
    placed = []
    for finding in findings:
        if ": $" in finding.place:  # names its file already
            placed.append(finding)
        elif finding.place.startswith(("$", "line ")):
            placed.append(finding.model_copy(update={"place": f"{pipeline}: {finding.place}"}))
        else:
            placed += with_lines([finding], scenario)
    return placed
