"""The files of a Cursus project: its configuration, its graph, and the code that both name."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.cursus.config import (
    CursusConfig,
    InvalidConfigError,
    is_cursus_config,
    parse_config,
    with_source_dirs,
)
from cursus_readiness.cursus.dag import CATALOG, CursusDag, InvalidDagError, parse_dag
from cursus_readiness.cursus.static_check import StaticCheck
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.store.layout import JOURNAL_NAME

_DAG = ".dag.json"
_CONFIG_FOLDERS = ("pipeline_config", "pipeline_configs")
_STEP_PACKS = ("interfaces/", "configs/", "scripts/", "step_pack/")  # where Cursus looks for a project's own steps


class InvalidProjectError(Exception):
    """The files of a project cannot be read; each finding has its place."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.line() for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class CursusProject:
    """A project as one scenario means it; the configuration has its stale folders replaced."""

    root: Path
    config_file: Path
    config_text: str
    config: CursusConfig
    dag_shown: str
    dag_text: str
    dag: CursusDag
    files: frozenset[str]

    def check(self) -> list[Finding]:
        """What is wrong with it as far as can be said without Cursus."""
        return StaticCheck(self.config, self.dag, shown(self.config_file), self.dag_shown, self.files).findings()

    @property
    def content(self) -> tuple[str, str, str]:
        """What a compile depends on: configuration, graph, and a checksum of the code."""
        return self.config_text, self.dag_text, self._code_sha256()

    def _code_sha256(self) -> str:
        """Over the code that the configuration names, and the project's own steps."""
        scripts = (self.config.script(key) for key in self.config.config_types)
        folders = {script[0] for script in scripts if script}
        folders |= {posixpath.normpath(self.config.text(key, "source_dir") or ".") for key in self.config.config_types}
        prefixes = (*_STEP_PACKS, *(f"{folder}/" for folder in folders))
        return _sha256(self.root, [file for file in self.files if "." in folders or file.startswith(prefixes)])


def means_cursus(scenario: E2ETestScenario) -> bool:
    """Whether the scenario's ``pipeline_config_path`` is a saved Cursus configuration."""
    try:
        return is_cursus_config(json.loads(_read(scenario.path_of(scenario.pipeline_config_path))))
    except (OSError, ValueError, RecursionError):
        return False


def read_project(scenario: E2ETestScenario, package: Path | None) -> CursusProject:
    """The project of a scenario; ``package`` is the folder of the Cursus that is installed, for its catalogue.

    Raises InvalidProjectError for files that are not there or not of their form.
    """
    config_file = scenario.path_of(scenario.pipeline_config_path)
    source_dirs = scenario.cursus.source_dirs if scenario.cursus else {}
    try:
        config_text = with_source_dirs(_read(config_file), source_dirs)
        config = parse_config(json.loads(config_text))
    except (OSError, RecursionError, ValueError) as error:
        at = f"{shown(config_file)}: $"
        raise InvalidProjectError(_problem(at, f"not a saved Cursus configuration: {_reason(error)}")) from error
    dag_file, dag_shown = _dag_file(scenario, config, config_file, package)
    try:
        dag_text = _read(dag_file)
        dag = parse_dag(dag_text)
    except InvalidDagError as error:
        raise InvalidProjectError(_problem(f"{dag_shown}: {error.at}", error.message)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidProjectError(_problem("dag_path", f"{dag_shown}: {_reason(error)}")) from error
    root = project_root(config_file)
    return CursusProject(root, config_file, config_text, config, dag_shown, dag_text, dag, frozenset(_files(root)))


def project_root(config_file: Path) -> Path:
    """The folder that source folders are relative to, as Cursus infers it from where the configuration lies."""
    folder = config_file.parent
    if folder.name in _CONFIG_FOLDERS:
        return folder.parent
    return folder.parent.parent if folder.parent.name in _CONFIG_FOLDERS else folder


def shown(path: Path) -> str:
    """A path relative to the working directory where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def tree_sha256(root: Path) -> str:
    """Over names and content of a folder's files."""
    return _sha256(root, _files(root))


def _sha256(root: Path, files: list[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()


def _dag_file(
    scenario: E2ETestScenario, config: CursusConfig, config_file: Path, package: Path | None
) -> tuple[Path, str]:
    """The graph's file, and how it is shown."""
    wanted = scenario.dag_path or config.dag_path
    if wanted is None:
        remedy = "set dag_path to the graph's file, or to catalog:NAME for one of Cursus's shared graphs"
        message = f"{shown(config_file)} is a Cursus configuration, which needs a graph"
        raise InvalidProjectError(_problem("dag_path", message, remedy))
    if wanted.startswith(CATALOG):
        return _catalogue_file(wanted.removeprefix(CATALOG), package), wanted
    file = scenario.path_of(wanted) if scenario.dag_path else (config_file.parent / wanted).resolve()
    return file, shown(file)


def _catalogue_file(name: str, package: Path | None) -> Path:
    if package is None:
        remedy = "set cursus.python (and cursus.source), or name a file"
        message = f"{CATALOG}{name} is read from the Cursus that is installed"
        raise InvalidProjectError(_problem("dag_path", message, remedy))
    catalogue = (package / "pipeline_catalog" / "shared_dags").resolve()
    names = [file.relative_to(catalogue).as_posix().removesuffix(_DAG) for file in catalogue.rglob(f"*{_DAG}")]
    if name not in names:
        remedy = f"one of: {', '.join(sorted(names))}" if names else f"there is no catalogue in {package}"
        raise InvalidProjectError(_problem("dag_path", f"Cursus's catalogue has no graph {name!r}", remedy))
    return catalogue / f"{name}{_DAG}"


def _files(root: Path) -> list[str]:
    """A project's files without hidden folders, caches, virtual environments and the run folders of this tool."""
    found = []
    for folder, folders, names in os.walk(root):
        if JOURNAL_NAME in names or "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        base = os.path.relpath(folder, root)
        found += [
            name if base == "." else f"{base}/{name}" for name in names if os.path.isfile(os.path.join(folder, name))
        ]
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) if isinstance(error, InvalidConfigError) else "not UTF-8 JSON"


def _problem(place: str, message: str, remedy: str | None = None) -> Finding:
    return Finding(id="invalid-scenario", severity=Severity.ERROR, message=message, place=place, remedy=remedy)
