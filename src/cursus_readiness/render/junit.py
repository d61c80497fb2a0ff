"""``junit.xml``: a suite per scenario, a case per step, rule and gate, and one for the flow of data.

It keeps to the schema of Jenkins's xUnit plugin (junit-10.xsd), which other readers are lenient about.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree

from cursus_readiness.model.audit import AuditResult, Level, Outcome
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.report import ReadinessReport, RunEnvironment
from cursus_readiness.model.result import E2ETestResult, StepResult
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.render.text import xml_text

_OUTCOMES = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.NO_EVIDENCE: "skipped",
    Outcome.NOT_APPLICABLE: "skipped",
}


def render_junit(report: ReadinessReport) -> str:
    """JUnit XML. What was not executed, not judged or has no evidence is *skipped*, never passed."""
    root = ElementTree.Element("testsuites", name="cursus-readiness")
    gates: dict[str | None, list[AuditResult]] = {}
    for audit in report.audits:
        if audit.level is Level.GATE:
            gates.setdefault(audit.scenario, []).append(audit)
    for scenario in report.scenarios:
        root.append(_suite(scenario, gates.get(scenario.scenario_name, []), report))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    if report.wall_s is not None:
        root.set("time", f"{report.wall_s:.3f}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(scenario: E2ETestResult, gates: list[AuditResult], report: ReadinessReport) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=xml_text(scenario.scenario_name))
    suite.append(_properties(report))
    for step in scenario.steps:
        _step(suite, scenario, step)
    for rule in scenario.rules:
        _rule(suite, scenario, rule)
    if any(edge.table_count for edge in scenario.data_flow.edges):
        _flow(suite, scenario)
    for audit in gates:
        _gate(suite, scenario, audit)
    if scenario.problem:
        details = scenario.error_details or scenario.problem
        case = _case(suite, scenario, "scenario")
        _say(case, "error", details.splitlines()[0], scenario.problem).text = xml_text(details)
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    if not math.isnan(scenario.total_duration):
        suite.set("time", f"{scenario.total_duration:.3f}")
    if scenario.started_at:
        suite.set("timestamp", scenario.started_at.strftime("%Y-%m-%dT%H:%M:%S"))
    return suite


def _properties(report: ReadinessReport) -> ElementTree.Element:
    """Where the run took place; what is not known is left out."""
    known = {"run_id": report.run_id, "verdict": report.verdict.value, **_environment(report.environment)}
    properties = ElementTree.Element("properties")
    for name, value in known.items():
        if value is not None:
            ElementTree.SubElement(properties, "property", name=name, value=xml_text(str(value)))
    return properties


def _environment(environment: RunEnvironment) -> dict[str, object]:
    return environment.model_dump(mode="json", exclude={"packages"})


def _case(
    suite: ElementTree.Element, scenario: E2ETestResult, name: str, wall_s: float | None = None
) -> ElementTree.Element:
    group = xml_text(scenario.scenario_name)
    case = ElementTree.SubElement(suite, "testcase", classname=group, name=xml_text(name))
    if wall_s is not None:
        case.set("time", f"{wall_s:.3f}")
    return case


def _say(case: ElementTree.Element, tag: str, message: str, kind: str) -> ElementTree.Element:
    return ElementTree.SubElement(case, tag, message=xml_text(message), type=xml_text(kind))


def _step(suite: ElementTree.Element, scenario: E2ETestResult, step: StepResult) -> None:
    case = _case(suite, scenario, f"step {step.step_name}", step.wall_s)
    status = step.status.value
    said = f"{status}: {step.reason}" if step.reason else status
    if step.status.has_failed:
        _say(case, "failure", said, status)
    elif not step.status.has_succeeded:
        _say(case, "skipped", said, status)
    if step.stand_in:
        ElementTree.SubElement(case, "system-out").text = xml_text(f"by a stand-in: {step.stand_in}")


def _rule(suite: ElementTree.Element, scenario: E2ETestResult, rule: RuleResult) -> None:
    case = _case(suite, scenario, f"rule {rule.step} {rule.target} {rule.rule}")
    if not rule.held:
        _say(case, "skipped" if rule.held is None else "failure", rule.message, rule.rule)


def _flow(suite: ElementTree.Element, scenario: E2ETestResult) -> None:
    case = _case(suite, scenario, "data flow")
    for finding in scenario.data_flow.findings:
        if finding.severity is Severity.ERROR:
            _say(case, "failure", finding.line(), finding.id)
            return


def _gate(suite: ElementTree.Element, scenario: E2ETestResult, audit: AuditResult) -> None:
    case = _case(suite, scenario, f"gate {audit.id}")
    if audit.outcome in _OUTCOMES:
        _say(case, _OUTCOMES[audit.outcome], audit.message, audit.outcome.value)
