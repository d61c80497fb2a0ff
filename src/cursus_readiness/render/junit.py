"""``junit.xml``: a suite per scenario, a case per step and per rule, and one for the flow of data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from xml.etree import ElementTree

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.model.rule import RuleResult

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: ReadinessReport) -> str:
    """JUnit XML. Steps that were not executed and rules that were not judged are *skipped*, never passed."""
    root = ElementTree.Element("testsuites", name="cursus-readiness")
    for scenario in report.scenarios:
        limits = {
            audit.step: audit.message
            for audit in report.audits
            if (audit.scenario, audit.checklist_item, audit.outcome) == (scenario.scenario_name, 2, Outcome.FAIL)
        }
        root.append(_suite(scenario, limits))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    if report.wall_s is not None:
        root.set("time", f"{report.wall_s:.3f}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(scenario: E2ETestResult, limits: Mapping[str | None, str]) -> ElementTree.Element:
    """One scenario; ``limits`` says of steps how they broke one, which a step can do and succeed."""
    suite = ElementTree.Element("testsuite", name=_text(scenario.scenario_name))
    for step in scenario.steps:
        _step(suite, scenario, step, limits.get(step.step_name))
    for rule in scenario.rules:
        _rule(suite, scenario, rule)
    if any(edge.table_count for edge in scenario.data_flow.edges):
        _flow(suite, scenario)
    if scenario.problem:
        case = _case(suite, scenario.scenario_name, "scenario")
        details = scenario.error_details or scenario.problem
        ElementTree.SubElement(case, "error", message=_text(details.splitlines()[0])).text = _text(details)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("*/failure"))))
    suite.set("errors", str(len(suite.findall("*/error"))))
    suite.set("skipped", str(len(suite.findall("*/skipped"))))
    if not math.isnan(scenario.total_duration):
        suite.set("time", f"{scenario.total_duration:.3f}")
    if scenario.started_at:
        suite.set("timestamp", scenario.started_at.strftime("%Y-%m-%dT%H:%M:%S"))
    return suite


def _case(suite: ElementTree.Element, group: str, name: str, wall_s: float | None = None) -> ElementTree.Element:
    case = ElementTree.SubElement(suite, "testcase", classname=_text(group), name=_text(name))
    if wall_s is not None:
        case.set("time", f"{wall_s:.3f}")
    return case


def _step(suite: ElementTree.Element, scenario: E2ETestResult, step: StepResult, broken_limit: str | None) -> None:
    case = _case(suite, scenario.scenario_name, f"step {step.step_name}", step.wall_s)
    if step.stand_in:
        properties = ElementTree.SubElement(case, "properties")
        ElementTree.SubElement(properties, "property", name="stand_in", value=_text(step.stand_in))
    said = _text(f"{step.status.value}: {step.reason}" if step.reason else step.status.value)
    if step.status.has_failed:
        ElementTree.SubElement(case, "failure", message=said, type=step.status.value)
    elif not step.status.has_succeeded:
        ElementTree.SubElement(case, "skipped", message=said)
    elif broken_limit is not None:
        ElementTree.SubElement(case, "failure", message=_text(broken_limit), type="limit")


def _rule(suite: ElementTree.Element, scenario: E2ETestResult, rule: RuleResult) -> None:
    case = _case(suite, scenario.scenario_name, f"rule {rule.step} {rule.target} {rule.rule}")
    if rule.held is None:
        ElementTree.SubElement(case, "skipped", message=_text(rule.message))
    elif not rule.held:
        ElementTree.SubElement(case, "failure", message=_text(rule.message), type=rule.rule)


def _flow(suite: ElementTree.Element, scenario: E2ETestResult) -> None:
    case = _case(suite, scenario.scenario_name, "data flow")
    for finding in scenario.data_flow.findings:
        if finding.severity is Severity.ERROR:
            ElementTree.SubElement(case, "failure", message=_text(finding.line()), type=finding.id)
            return


def _text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
