"""Workflow commands of GitHub Actions: what keeps a run from being ready, beside the lines of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.render.text import visible

MOST = 10  # GitHub shows no more of each level from one step of a workflow
_MESSAGE_LIMIT = 1000
_PLACE = re.compile(r"^(?P<file>[^\s:][^:\n]*\.(?:ya?ml|json|toml|py)):(?P<line>\d+)(?::|$)")
_LEVELS = {Outcome.FAIL: "error", Outcome.ERROR: "error", Outcome.NO_EVIDENCE: "error", Outcome.WARN: "warning"}
_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


class _Annotation(NamedTuple):
    """What is said at which level; ``place`` is ``file:line``, or begins with it, where it is known."""

    level: str
    title: str
    message: str
    place: str = ""


def render_annotations(report: ReadinessReport) -> list[str]:
    """One command a line, at most ten of each level: the last of ten says how many are left out."""
    found = [*_gates(report), *_findings(report)]
    lines = []
    for level in ("error", "warning", "notice"):
        of_level = [item for item in found if item.level == level]
        shown = of_level if len(of_level) <= MOST else of_level[: MOST - 1]
        lines += [_command(item) for item in shown]
        left = len(of_level) - len(shown)
        if left:
            lines.append(_command(_Annotation(level, "readiness", f"{left} more: see readiness.md or readiness.html")))
    return lines


def _gates(report: ReadinessReport) -> Iterator[_Annotation]:
    never_ran = {scenario.scenario_name for scenario in report.scenarios if scenario.problem}
    for audit in report.audits:
        level = _LEVELS.get(audit.outcome)
        if audit.level is Level.GATE and level and audit.scenario not in never_ran:
            title = f"{audit.title} in {audit.scenario}" if audit.scenario else audit.title
            yield _Annotation(level, title, f"{audit.message}\n{audit.remedy}" if audit.remedy else audit.message)


def _findings(report: ReadinessReport) -> Iterator[_Annotation]:
    """Files that could not be read, what was found of each scenario, and why one could not run."""
    for problem in report.problems:
        yield _told(problem, "readiness")
    for scenario in report.scenarios:
        name = scenario.scenario_name
        if scenario.problem and not scenario.findings:
            title = f"{name}: {scenario.problem.replace('_', ' ')}"
            yield _Annotation("error", title, scenario.error_details or title)
        same: dict[tuple[str, str], list[Finding]] = {}
        for finding in scenario.findings:
            same.setdefault((finding.id, finding.told()), []).append(finding)
        for findings in same.values():
            yield _told(findings[0], name, len(findings) - 1)


def _told(finding: Finding, where: str, more: int = 0) -> _Annotation:
    whose = f" of {finding.step}" if finding.step else ""
    title = f"{finding.id}{whose}{f' and {more} more' if more else ''} in {where}"
    return _Annotation(_SEVERITIES[finding.severity], title, finding.told(), finding.place)


def _command(item: _Annotation) -> str:
    place = _PLACE.match(item.place)
    known = {"file": place["file"], "line": place["line"]} if place else {}
    properties = ",".join(f"{name}={_property(value)}" for name, value in {**known, "title": item.title}.items())
    return f"::{item.level} {properties}::{_data(item.message)}"


def _data(text: str) -> str:
    """Text in which nothing is a command: GitHub's own escapes, hidden characters named."""
    shown = visible(text[:_MESSAGE_LIMIT].replace("\r\n", "\n"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
