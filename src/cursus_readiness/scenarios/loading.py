"""One scenario file becomes an E2ETestScenario, or a list of findings with lines."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.scenario import CursusSettings, E2ETestScenario, StepOverride
from cursus_readiness.scenarios.yaml_lines import LinedDocument, UnreadableYamlError, read_text


def load_scenario(path: Path) -> E2ETestScenario:
    """Load one scenario file.

    Raises InvalidInputError with a ``file:line: field: message`` line for every mistake.
    """
    scenario, findings = read_scenario(path)
    if scenario is None:
        raise InvalidInputError(
            f"{shown(path)} is not a valid scenario",
            fix="correct the lines above",
            problems=tuple(finding.line() for finding in findings),
        )
    return scenario


def read_scenario(path: Path) -> tuple[E2ETestScenario | None, list[Finding]]:
    """The scenario of a file, or what is wrong with it."""
    try:
        document = LinedDocument(read_text(path))
    except UnreadableYamlError as error:
        return None, [problem(f"{shown(path)}:{error.line}", error.message)]
    if not isinstance(document.data, dict):
        return None, [problem(f"{shown(path)}:1", "a scenario is a mapping of fields")]
    try:
        scenario = E2ETestScenario.model_validate({**document.data, "source_file": None})
    except ValidationError as error:
        return None, [_finding(path, document, item) for item in error.errors()]
    if "source_file" in document.data:
        return None, [problem(f"{shown(path)}:{document.line_of(('source_file',))}", "unknown field 'source_file'")]
    return scenario.model_copy(update={"source_file": path.resolve()}), []


def with_lines(findings: list[Finding], scenario: E2ETestScenario) -> list[Finding]:
    """Findings whose place is a field of the scenario, with the place as ``file:line: field``."""
    if scenario.source_file is None:
        return findings
    document = LinedDocument(read_text(scenario.source_file))
    file = shown(scenario.source_file)
    return [_placed(finding, document, file) for finding in findings]


def _placed(finding: Finding, document: LinedDocument, file: str) -> Finding:
    head, _, rest = finding.place.partition(".")
    path = (head, rest) if head in ("inputs", "steps", "parameters") and rest else tuple(finding.place.split("."))
    return finding.model_copy(update={"place": f"{file}:{document.line_of(path)}: {finding.place}"})


def problem(place: str, message: str) -> Finding:
    """A finding that keeps a scenario from being run."""
    return Finding(id="invalid-scenario", severity=Severity.ERROR, message=message, place=place)


def shown(path: Path) -> str:
    """A path as people know it: relative to the working directory where it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _finding(path: Path, document: LinedDocument, item: Any) -> Finding:
    location: tuple[str | int, ...] = tuple(item["loc"])
    field = ".".join(str(part) for part in location)
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        close = get_close_matches(str(location[-1]), _known_fields(location), n=1)
        message = "unknown field" + (f" (did you mean {close[0]!r}?)" if close else "")
    elif item["type"] == "missing":
        message = "this field is required"
    return problem(f"{shown(path)}:{document.line_of(location)}: {field}", message)


def _known_fields(location: tuple[str | int, ...]) -> list[str]:
    nested: dict[str | int, type[BaseModel]] = {"steps": StepOverride, "inputs": InputBinding, "cursus": CursusSettings}
    model = nested.get(location[0], E2ETestScenario) if len(location) > 1 else E2ETestScenario
    return [name for name in model.model_fields if name != "source_file"]
