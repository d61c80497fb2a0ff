"""Find scenario files in a folder tree."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.finding import Finding
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.scenarios.loading import problem, read_scenario, shown
from cursus_readiness.scenarios.project_file import find_project_file
from cursus_readiness.scenarios.yaml_lines import LinedDocument, UnreadableYamlError, read_text
from cursus_readiness.store.layout import JOURNAL_NAME

_SUFFIXES = (".yaml", ".yml", ".json")
_MARKS = ("scenario_name", "pipeline_config_path", "expected_steps")
_MARK_PATTERN = re.compile("|".join(_MARKS), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a folder tree holds: scenarios sorted by file, and the files that are broken (file, findings)."""

    scenarios: tuple[E2ETestScenario, ...]
    broken: tuple[tuple[Path, tuple[Finding, ...]], ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every mistake of every broken file."""
        return tuple(finding for _, findings in self.broken for finding in findings)


def discover(root: Path) -> Discovery:
    """Every scenario at or below ``root`` (a file or a folder), sorted by path.

    A YAML or JSON file is taken for a scenario when it has one of the required fields (or something spelled much like
    one). Folders that ``[discovery] exclude`` of the nearest settings names are left out unless ``root`` lies inside
    them. Raises InvalidInputError when ``root`` is not there.
    """
    if not root.exists():
        raise InvalidInputError(f"no such file or folder: {root}", fix="name a scenario file or a folder of them")
    files = [root] if root.is_file() else _files(root)
    scenarios: list[E2ETestScenario] = []
    broken: list[tuple[Path, tuple[Finding, ...]]] = []
    names: dict[str, Path] = {}
    for path in files:
        if path != root and not _is_scenario(path):
            continue
        scenario, findings = read_scenario(path)
        if scenario is not None and scenario.scenario_name in names:
            earlier = shown(names[scenario.scenario_name])
            message = f"{scenario.scenario_name!r} is also the name of {earlier}"
            scenario, findings = None, [problem(f"{shown(path)}: scenario_name", message)]
        if scenario is None:
            broken.append((path, tuple(findings)))
        else:
            names[scenario.scenario_name] = path
            scenarios.append(scenario)
    return Discovery(tuple(scenarios), tuple(broken))


def _files(root: Path) -> list[Path]:
    """YAML and JSON files below a folder, without hidden folders, excluded ones, and the run folders of this tool."""
    start = root.resolve()
    excluded = [folder for folder in _excluded(start) if not start.is_relative_to(folder)]
    found = []
    for folder, names, files in os.walk(root):
        if JOURNAL_NAME in files:
            names.clear()
            continue
        names[:] = [name for name in names if not name.startswith(".") and Path(folder, name).resolve() not in excluded]
        found += [Path(folder, name) for name in files if name.lower().endswith(_SUFFIXES) and name[0] != "."]
    return sorted(path for path in found if path.is_file())


def _excluded(start: Path) -> list[Path]:
    """Folders that the nearest settings, here or above, exclude; settings with mistakes exclude nothing."""
    settings = find_project_file(start)
    section = settings.table().get("discovery") if settings else None
    names = section.get("exclude") if isinstance(section, dict) else None
    if settings is None or not isinstance(names, list):
        return []
    return [(settings.folder / name).resolve() for name in names if isinstance(name, str)]


def _is_scenario(path: Path) -> bool:
    """Whether the file means to be a scenario; one that cannot be read at all might."""
    try:
        text = read_text(path)
    except UnreadableYamlError:
        return True
    try:  # definitions are large, and the JSON parser is two orders of magnitude faster
        data = json.loads(text) if path.suffix.lower() == ".json" else LinedDocument(text).data
    except (UnreadableYamlError, ValueError, RecursionError):
        return _MARK_PATTERN.search(text) is not None
    if not isinstance(data, dict) or isinstance(data.get("Steps"), list):
        return False
    return any(get_close_matches(str(key).lower(), _MARKS, n=1, cutoff=0.8) for key in data)
