"""The page as a small database: an index that is unpacked at once, and packed parts that wait until they are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cursus_readiness.model.attachments import Attachments, LogTail
from cursus_readiness.model.lineage import FlowEdge
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.render.changes import step_changes, worst_word
from cursus_readiness.render.details import Beside, facts, step_record
from cursus_readiness.render.judgements import judgements
from cursus_readiness.render.looks import STATUSES, scenario_look
from cursus_readiness.render.packing import Blobs, columns, packed, packed_json
from cursus_readiness.render.series import levels, series_bytes
from cursus_readiness.render.text import visible
from cursus_readiness.units import KIB

PART_COUNT = 100
"""Into how many packed parts the steps go at most; few steps make one part of up to ``SMALLEST_PART``."""
SMALLEST_PART = 32
_CODES = {status: number for number, status in enumerate(StepStatus)}
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PageDatabase:
    """What two elements of the page hold: the packed index, and all packed parts that it gives the places of."""

    index: str
    parts: str


def page_database(report: ReadinessReport, attachments: Attachments, sections: Sequence[str]) -> PageDatabase:
    """Everything that the page shows on demand. ``sections`` are the scenarios' own parts of the page, as HTML."""
    blobs = Blobs()
    judged = judgements(report)
    steps = [step for scenario in report.scenarios for step in scenario.steps]
    types = sorted({step.step_type for step in steps})
    size = max(SMALLEST_PART, -(-len(steps) // PART_COUNT))
    detail = levels(attachments.series)
    index = {
        "statuses": [STATUSES[status] for status in StepStatus],
        "types": [visible(name) for name in types],
        "cores": report.environment.cpu_count,
        "scenarios": columns([_scenario_entry(scenario) for scenario in report.scenarios]),
        "steps": columns(list(_entries(report, types))),
        "levels": detail,
        "partSize": size,
        "parts": _step_parts(report, attachments, size, detail, blobs),
        "sections": [blobs.add(packed_json(text)) for text in sections],
        "judgements": blobs.add(packed_json(columns(judged))),
        "judged": len(judged),
    }
    return PageDatabase(packed_json(index), blobs.text())


def _scenario_entry(scenario: E2ETestResult) -> dict[str, Any]:
    look, word = scenario_look(scenario)
    path = scenario.critical_path
    places = {step.step_name: place for place, step in enumerate(scenario.steps)}
    return {
        "name": visible(scenario.scenario_name),
        "look": look,
        "word": word,
        "count": len(scenario.steps),
        "seconds": scenario.total_duration if scenario.total_duration > 0 else None,
        "path": path
        and {
            "steps": [places[name] for name in path.steps if name in places],
            "length": round(path.length_s, 3),
            "slowest": places.get(path.slowest),
            "without": round(path.without_slowest_s, 3),
        },
    }


def _entries(report: ReadinessReport, types: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One row for each step of the run, in the order of the report; times in s, memory in KiB."""
    numbers = {name: number for number, name in enumerate(types)}
    changes = step_changes(report.comparison)
    for scenario in report.scenarios:
        places = {step.step_name: place for place, step in enumerate(scenario.steps)}
        slacks = scenario.critical_path.slack_s if scenario.critical_path else {}
        for place, step in enumerate(scenario.steps):
            yield {
                "name": visible(step.step_name),
                "type": numbers[step.step_type],
                "status": _CODES[step.status],
                "depends": [place - places[name] for name in step.depends_on if name in places],
                "slack": _rounded(slacks.get(step.step_name)),
                "attempts": step.attempt_count,
                "change": worst_word(changes.get((scenario.scenario_name, step.step_name))),
                **_measured(step),
            }


def _measured(step: StepResult) -> dict[str, Any]:
    """What was measured of a step that had a process; all ``None`` of another."""
    usage, had = step.usage, step.had_process
    counted = step.limited_memory_bytes
    return {
        "start": _rounded(step.offset_s) if had else None,
        "staging": _staging_s(step) if had else None,
        "wall": _rounded(step.wall_s) if had else None,
        "cpu": _rounded(usage.cpu_s) if had else None,
        "peak": _kib(usage.peak_memory_bytes),
        "limit": _kib(step.memory_limit_bytes),
        "counted": None if counted == usage.peak_memory_bytes else _kib(counted),
    }


def _staging_s(step: StepResult) -> float | None:
    """From the start of a step to that of its (last) process."""
    if step.offset_s is None or step.process_offset_s is None:
        return None
    return _rounded(max(step.process_offset_s - step.offset_s, 0.0))


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, 3)  # noqa: PLR0124 - NaN differs from itself


def _kib(value: int | None) -> int | None:
    return None if value is None else round(value / KIB)


def _step_parts(
    report: ReadinessReport, attachments: Attachments, size: int, detail: tuple[int, int], blobs: Blobs
) -> list[list[tuple[int, int]]]:
    """The places of the parts: each has the words of ``size`` steps, and their series."""
    details = {(each.scenario, each.step): each for each in attachments.details}
    series = {(each.scenario, each.step): each for each in attachments.series}
    logs: dict[Key, list[LogTail]] = defaultdict(list)
    for log in attachments.logs:
        logs[log.scenario, log.step].append(log)
    keyed = [
        ((scenario.scenario_name, step.step_name), step) for scenario in report.scenarios for step in scenario.steps
    ]
    changes, read = step_changes(report.comparison), _read_by_steps(report)
    places = []
    for start in range(0, len(keyed), size):
        part = keyed[start : start + size]
        told = [
            step_record(
                step,
                Beside(details.get(key), series.get(key), logs.get(key, ()), changes.get(key), read.get(key, {})),
            )
            for key, step in part
        ]
        words = {**columns(told), "facts": columns([facts(step) for _, step in part])}
        places.append(
            [
                blobs.add(packed_json(words)),
                blobs.add(packed(series_bytes([series[key] for key, _ in part if key in series], *detail))),
            ]
        )
    return places


def _read_by_steps(report: ReadinessReport) -> dict[Key, dict[str, FlowEdge]]:
    """What came to each input of each step."""
    read: dict[Key, dict[str, FlowEdge]] = defaultdict(dict)
    for scenario in report.scenarios:
        for edge in scenario.data_flow.edges:
            read[scenario.scenario_name, edge.consumer][edge.input] = edge
    return read
