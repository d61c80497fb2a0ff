"""``readiness.html``: the whole report as one page that needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Sequence

from cursus_readiness.model.attachments import Attachments
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.render.anchors import anchor
from cursus_readiness.render.assets import page_assets
from cursus_readiness.render.changes import changes_view
from cursus_readiness.render.database import page_database
from cursus_readiness.render.templating import templates
from cursus_readiness.render.views import (
    AuditView,
    Listed,
    ScenarioView,
    failures_of,
    hunger,
    listed,
    project_gates,
    scenario_views,
)

MOST_ROWS = 12
"""Of a list on the page of a scenario; the table of findings has all."""
MOST_STATIC_STEPS = 500
"""Runs of up to so many steps have the tables of all of them for browsers without a script, a second time."""
FEW_STATIC_STEPS = 50
"""So many steps larger runs have there."""
MOST_ADVICE = 8
MOST_CHANGES = 12
MOST_SCENARIO_ROWS = 12
MOST_EVIDENCE = 5


def render_html(report: ReadinessReport, attachments: Attachments) -> str:
    """The page: one file without a request to anywhere; the same report gives the same bytes."""
    scenarios = scenario_views(report, attachments.logs)
    gates = [view for scenario in scenarios for view in scenario.gates] + project_gates(report)
    peaks = [(scenario, scenario.peak) for scenario in scenarios if scenario.peak]
    unpassed_first = sorted(scenarios, key=lambda scenario: scenario.result.success)
    template = templates().get_template("partials/scenario.html.jinja")
    shared = {"report": report, "step_anchors": _step_anchors(report)}
    sections = [
        template.render(shared, scenario=scenario, is_static=False, most_rows=MOST_ROWS) for scenario in scenarios
    ]
    database = page_database(report, attachments, sections)
    return (
        templates()
        .get_template("report.html.jinja")
        .render(
            shared,
            scenarios=scenarios,
            changes=changes_view(report.comparison) if report.comparison else None,
            most_changes=MOST_CHANGES,
            scenario_rows=listed(unpassed_first, MOST_SCENARIO_ROWS),
            static=_static(unpassed_first),
            most_rows=FEW_STATIC_STEPS,
            failures=failures_of(scenarios),
            gates=gates,
            unsettled=[
                view
                for view in gates
                if view.result.outcome.value in ("FAIL", "ERROR", "NO_EVIDENCE") and not view.result.waiver
            ],
            waived=[
                view for scenario in scenarios for view in (*scenario.gates, *scenario.advice) if view.result.waiver
            ],
            steps_total=sum(len(item.steps) for item in report.scenarios),
            worst_peak=max(peaks, key=lambda pair: hunger(pair[1]), default=None),
            advice=listed(report.recommendations, MOST_ADVICE),
            most_evidence=MOST_EVIDENCE,
            signatures=attachments.signatures,
            audit_anchors={_audit_key(view): view.anchor for view in gates},
            assets=page_assets(),
            database=database,
        )
    )


def _static(scenarios: Sequence[ScenarioView]) -> list[tuple[ScenarioView, Listed]]:
    """The scenarios that are shown without a script, each with those of its steps that there is room for."""
    total = sum(len(scenario.steps) for scenario in scenarios)
    left = MOST_STATIC_STEPS if total <= MOST_STATIC_STEPS else FEW_STATIC_STEPS
    chosen = []
    for scenario in scenarios[:left]:
        if left <= 0:
            break
        steps = scenario.steps
        if len(steps) > left:
            steps = sorted(steps, key=lambda step: step.result.status.has_succeeded)
        chosen.append((scenario, listed(steps, left)))
        left -= len(steps)
    return chosen


def _step_anchors(report: ReadinessReport) -> dict[tuple[str, str], str]:
    return {
        (scenario.scenario_name, step.step_name): anchor(scenario.scenario_name, step.step_name)
        for scenario in report.scenarios
        for step in scenario.steps
    }


def _audit_key(view: AuditView) -> tuple[str, str]:
    """What the checklist says of an audit that it rests on: its id, and scenario with message."""
    return view.result.id, f"{view.result.scenario}: {view.result.message}"
