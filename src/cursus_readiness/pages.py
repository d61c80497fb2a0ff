"""The page of a run: its judgement, with what is shown beside it."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.analysis.details import step_detail
from cursus_readiness.analysis.series import points_for, step_series
from cursus_readiness.model.attachments import Attachments, LogTail
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepResult, StepStatus
from cursus_readiness.model.signature import Signature
from cursus_readiness.resources import instance_specs
from cursus_readiness.store.layout import StepLayout
from cursus_readiness.store.reading import StoredRun, read_log_tail, read_samples

_LOUD_LOG_BYTES = 65_536
_QUIET_LOG_BYTES = 16_384
_QUIET_LOGS_BYTES = 8 * 2**20  # of all steps that did not fail, together
_SHORTEST_LOG_BYTES = 256


def page(stored: StoredRun, judged: ReadinessReport, signatures: tuple[Signature, ...] = ()) -> str:
    """The page of a run that was judged, with who signed it."""
    from cursus_readiness.render.html import render_html

    return render_html(judged, _attachments(stored, judged).model_copy(update={"signatures": signatures}))


def _attachments(stored: StoredRun, judged: ReadinessReport) -> Attachments:
    """What the page shows beside the judgement: of many steps, less of each."""
    series, logs, details = [], [], []
    step_count = sum(len(scenario.steps) for scenario in judged.scenarios)
    most_points, quiet_bytes = points_for(step_count), _QUIET_LOGS_BYTES // max(step_count, 1)
    specs, names = instance_specs(), _names(stored)
    for scenario, kept in zip(judged.scenarios, stored.scenarios, strict=True):
        files = stored.layout.scenario(scenario.scenario_name)
        planned = {step.name: step for step in kept.plan.steps} if kept.plan else {}
        for step in scenario.steps:
            paths = files.step(step.step_name)
            found = step_series(scenario.scenario_name, step.step_name, read_samples(paths.samples), most_points)
            if found:
                series.append(found)
            is_loud = step.status.has_failed or step.status is StepStatus.INTERRUPTED
            limit_bytes = _LOUD_LOG_BYTES if is_loud else min(quiet_bytes, _QUIET_LOG_BYTES)
            if step.had_process and limit_bytes >= _SHORTEST_LOG_BYTES:
                logs += _logs(scenario.scenario_name, step, paths, limit_bytes)
            if step.step_name in planned:
                spec = specs.get(step.instance_type or "")
                details.append(
                    step_detail(
                        scenario.scenario_name,
                        planned[step.step_name],
                        scenarios=names[0],
                        out=names[1],
                        instance_memory_bytes=spec.memory_bytes if spec else None,
                    )
                )
    return Attachments(series=tuple(series), logs=tuple(logs), details=tuple(details))


def _names(stored: StoredRun) -> tuple[str, str]:
    """Where the scenarios are and where runs go, as seen from the folder that both are in, if there is one."""
    out = stored.layout.folder.parent
    scenarios = Path(stored.settings.scenarios or "scenarios")
    if scenarios.is_relative_to(out.parent):
        return str(scenarios.relative_to(out.parent)), out.name
    return str(scenarios), str(out)


def _logs(scenario: str, step: StepResult, paths: StepLayout, limit_bytes: int) -> list[LogTail]:
    found = []
    for stream, path in (("stderr", paths.stderr), ("stdout", paths.stdout)):
        text, dropped = read_log_tail(path, limit_bytes)
        if text:
            found.append(
                LogTail(scenario=scenario, step=step.step_name, stream=stream, text=text, dropped_bytes=dropped)
            )
    return found
