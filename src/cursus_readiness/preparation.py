"""From scenario files to plans that can be run: load, compile, plan, check."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cursus_readiness.clock import SystemClock
from cursus_readiness.cursus.compiling import check_project, compile_pipeline
from cursus_readiness.cursus.dag import CATALOG
from cursus_readiness.cursus.project import InvalidProjectError, means_cursus, read_project
from cursus_readiness.definitions.model import InvalidDefinitionError
from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
from cursus_readiness.gather.run import RejectedScenario
from cursus_readiness.gather.scenario import PreparedScenario
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.planning.draft import Pipeline, draft_scenario, draft_uncompiled
from cursus_readiness.planning.plan import InvalidPlanError, build_plan
from cursus_readiness.planning.selection import Selection
from cursus_readiness.planning.takeover import Start
from cursus_readiness.resources import cache_dir
from cursus_readiness.rules.advice import doubts
from cursus_readiness.rules.registry import BoundRule, read_rules
from cursus_readiness.scenarios.discovery import Discovery, discover
from cursus_readiness.scenarios.drafting import files_near, place_of, relative_path
from cursus_readiness.scenarios.loading import problem, shown, with_lines
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.registry import check_sources
from cursus_readiness.store.writing import write_text

_PLAIN_NAMES = ("definition", "pipeline")


def prepare(
    scenario: E2ETestScenario, selection: Selection, started_at: datetime, start: Start | None = None
) -> PreparedScenario | RejectedScenario:
    """A scenario ready to be run, or what keeps it from that. Raises UsageError for an unknown selected step."""
    try:
        plan, rules = plan_scenario(scenario, started_at, start)
    except InvalidPlanError as error:
        return RejectedScenario(scenario.scenario_name, "invalid", tuple(error.findings))
    except CannotRunError as error:
        found = Finding(id="cannot-run", severity=Severity.ERROR, message=error.message, remedy=error.fix)
        return RejectedScenario(scenario.scenario_name, "cannot_run", (found,))
    return PreparedScenario(plan, rules, selection.steps(plan))


def start_of(settings: RunSettings, chosen: Sequence[E2ETestScenario]) -> Start | None:
    """Where a run begins, unless at the beginning.

    Raises UsageError when that is not said, or not of one scenario alone, CannotRunError when the execution cannot be
    read.
    """
    if settings.from_step is None and settings.execution is None:
        return None
    if settings.from_step is None or settings.execution is None:
        fix = "give both: --from STEP --execution ARN|s3://PREFIX"
        raise UsageError("a run from the middle needs a first step, and an execution that has what it reads", fix=fix)
    if len(chosen) != 1:
        names = ", ".join(scenario.scenario_name for scenario in chosen)
        raise UsageError(f"--from is for one scenario, not for {len(chosen)}", fix=f"--only with one of: {names}")
    from cursus_readiness.sources.aws.executions import read_execution  # boto3 is slow to import

    try:
        return Start(settings.from_step, read_execution(settings.execution))
    except SourceError as error:
        raise CannotRunError(str(error), fix="docs/s3.md says what --execution may be") from error


def plan_scenario(
    scenario: E2ETestScenario, started_at: datetime, start: Start | None = None
) -> tuple[Plan, list[BoundRule]]:
    """The plan of a scenario and its rules.

    Raises InvalidPlanError with every mistake, each with its file, and CannotRunError where a Cursus project cannot be
    compiled.
    """
    path = scenario.path_of(scenario.pipeline_config_path)
    pipeline = _compiled(scenario) if means_cursus(scenario) else _read(scenario, path)
    try:
        plan = build_plan(
            pipeline.scenario,
            pipeline.definition_text,
            started_at=started_at.isoformat(),
            uploads=pipeline.uploads,
            start=start,
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
    return plan.model_copy(update={"findings": (*plan.findings, *doubts(rules))}), rules


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


@dataclass(frozen=True, slots=True)
class CursusPlace:
    """Where the graph of a Cursus configuration is, and the Cursus that compiles it: its interpreter, a checkout."""

    dag: str | None = None
    python: str | None = None
    source: str | None = None

    def fields(self, folder: Path) -> dict[str, Any]:
        """What a scenario in ``folder`` says of it."""
        fields: dict[str, Any] = {}
        if self.dag:
            fields["dag_path"] = self.dag if self.dag.startswith(CATALOG) else relative_path(Path(self.dag), folder)
        given = {"python": self.python, "source": self.source}
        where = {key: os.path.abspath(os.path.expanduser(path)) for key, path in given.items() if path}
        return {**fields, "cursus": where} if where else fields


def draft(pipeline: Path, out: Path | None, cursus: CursusPlace) -> Path:
    """Write a commented scenario for a pipeline definition, or for a Cursus configuration; where.

    The configuration is compiled first when ``cursus`` says by what. Raises UsageError when the file is there already,
    InvalidInputError for a pipeline that has mistakes, CannotRunError when the file cannot be written or the
    configuration not be compiled.
    """
    path = place_of(pipeline, out)
    try:
        drafted = _drafted(pipeline, path, cursus)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidInputError(f"{pipeline}: {reason}", fix="name a compiled pipeline definition") from error
    except (InvalidPlanError, InvalidDefinitionError, InvalidProjectError) as error:
        lines = tuple(
            finding.told() if ": $" in finding.place else f"{shown(pipeline)}: {finding.told()}"
            for finding in error.findings
        )
        raise InvalidInputError(f"{pipeline} has mistakes", fix="correct the lines above", problems=lines) from error
    try:
        write_text(path, drafted)
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}", fix="name another file with --out") from error
    return path


def _drafted(pipeline: Path, path: Path, cursus: CursusPlace) -> str:
    name = pipeline.resolve().parent.name if pipeline.stem in _PLAIN_NAMES else pipeline.stem
    place = relative_path(pipeline, path.parent)
    fields = cursus.fields(path.parent)
    made = Pipeline(name, place, files_near(pipeline.parent, path.parent), fields)
    scenario = E2ETestScenario.model_validate(
        {"scenario_name": name, "pipeline_config_path": place, "expected_steps": [], **fields}
    ).model_copy(update={"source_file": path.absolute()})
    if not means_cursus(scenario):
        if fields:
            raise UsageError(f"{pipeline} is no Cursus configuration, which alone has a graph", fix="leave out --dag")
        return draft_scenario(made, pipeline.read_text(encoding="utf-8"))
    if "cursus" not in fields:
        return draft_uncompiled(made, read_project(scenario, None).dag.nodes)
    compiled = compile_pipeline(scenario, cache_dir() / "cursus")
    return draft_scenario(
        replace(made, uploads=compiled.bindings(), parameters=compiled.parameters), compiled.definition_text
    )


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
