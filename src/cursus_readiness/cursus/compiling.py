"""Compile a Cursus project to a pipeline definition and the objects that compiling uploads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.cursus.cache import CompileCache, key_of
from cursus_readiness.cursus.dag import CATALOG
from cursus_readiness.cursus.installation import Installation, find_installation
from cursus_readiness.cursus.interfaces import framework_requirements
from cursus_readiness.cursus.outcome import failure, observations, outside_folders
from cursus_readiness.cursus.project import CursusProject, InvalidProjectError, read_project, shown, tree_sha256
from cursus_readiness.cursus.running import driver_sources, run_driver
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.scenario import E2ETestScenario

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_DEFAULT_ROLE = "arn:aws:iam::000000000000:role/readiness"
_DEFAULT_BUCKET = "readiness"
# Parameters that Cursus gives every pipeline without a default; whoever starts one on SageMaker supplies them.
_NETWORK_PARAMETERS = ("KMS_ENCRYPTION_KEY_PARAM", "SECURITY_GROUP_ID", "VPC_SUBNET")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled pipeline; its files stay where they are for as long as nobody empties the cache.

    ``uploads`` are the objects that compiling put into S3, by URI. ``parameters`` are values for those pipeline
    parameters that Cursus leaves to whoever starts the pipeline. ``framework_requirements`` are packages that steps
    need, by step.
    """

    definition_text: str
    uploads: Mapping[str, Path]
    parameters: Mapping[str, str]
    findings: tuple[Finding, ...]
    versions: Mapping[str, str]
    framework_requirements: Mapping[str, tuple[str, ...]]
    was_cached: bool

    def with_parameters(self, scenario: E2ETestScenario) -> E2ETestScenario:
        """The scenario with the parameters set; its own entries win."""
        return scenario.model_copy(update={"parameters": {**self.parameters, **scenario.parameters}})

    def bindings(self) -> dict[str, InputBinding]:
        """What serves each upload that the definition names."""
        return {uri: InputBinding(source=f"local:{path}") for uri, path in self._read_uploads()}

    def _read_uploads(self) -> Iterator[tuple[str, Path]]:
        """What the definition names: an uploaded object, or a folder that holds some."""
        for uri in dict.fromkeys(re.findall(r's3://[^"\\\s]+', self.definition_text)):
            folder = uri.rstrip("/") + "/"
            inside = next((item for item in self.uploads.items() if item[0].startswith(folder)), None)
            if uri in self.uploads:
                yield uri, self.uploads[uri]
            elif inside and folder.count("/") > 3:
                depth = inside[0].removeprefix(folder).count("/")
                yield uri, inside[1].parents[depth]


def compile_pipeline(scenario: E2ETestScenario, cache_dir: Path) -> Compiled:
    """Compile the Cursus project of a scenario, or return what compiling the same gave before.

    Job names and time stamps in the URIs differ from compile to compile, never for an entry of ``cache_dir``.
    Raises CannotRunError where Cursus cannot be run, InvalidProjectError where the project is at fault.
    """
    installation = find_installation(scenario)
    project = read_project(scenario, installation.package)
    found = project.check()
    if any(finding.severity is Severity.ERROR for finding in found):
        raise InvalidProjectError(*found)
    try:
        request = _request(project)
        cache = CompileCache(cache_dir.resolve())
        key = key_of([request, installation.identity, project.content, driver_sources()])
        cached = cache.load(_with_outside(key, cache))
        timeout_s = scenario.cursus.timeout_minutes * 60 if scenario.cursus else None
        entry = cached or _compile(cache, key, _Task(project, installation, request, timeout_s), found)
        return _read(entry, project, installation, found, was_cached=cached is not None)
    except OSError as error:
        message = f"compiling {shown(project.config_file)}: {error.filename or 'disk'}: {error.strerror or error}"
        raise CannotRunError(message, fix="check space and permissions") from error


def check_project(scenario: E2ETestScenario) -> list[Finding]:
    """What is wrong with the Cursus project of a scenario, as far as can be said without compiling it.

    Cursus is looked for only where the graph comes from its catalogue; that it is not there is a finding.
    """
    reference = scenario.dag_path or ""
    try:
        package = None
        if scenario.cursus and (reference.startswith(CATALOG) or not reference):
            package = find_installation(scenario).package
        return read_project(scenario, package).check()
    except InvalidProjectError as error:
        return list(error.findings)
    except CannotRunError as error:
        return [
            Finding(id="cannot-run", severity=Severity.WARNING, message=error.message, place="cursus", remedy=error.fix)
        ]


def _request(project: CursusProject) -> dict[str, str]:
    """What the driver is told besides the files: where the code is, and whom the pipeline belongs to."""
    role, bucket = project.config.shared.get("role"), project.config.shared.get("bucket")
    return {
        "project_root": str(project.root),
        "region": project.config.region,
        "role": role if isinstance(role, str) and _ROLE.fullmatch(role) else _DEFAULT_ROLE,
        "bucket": bucket if isinstance(bucket, str) and bucket else _DEFAULT_BUCKET,
    }


@dataclass(frozen=True, slots=True)
class _Task:
    """What the driver is started with."""

    project: CursusProject
    installation: Installation
    request: dict[str, str]
    timeout_s: float | None


def _compile(cache: CompileCache, key: str, task: _Task, found: list[Finding]) -> Path:
    """The new entry. Raises InvalidProjectError with what Cursus says, after what was found before."""
    with cache.writing() as work, cache.writing() as home:
        files = {"config_path": home / "config.json", "dag_path": home / "dag.json", "out": work}
        files["config_path"].write_text(task.project.config_text, encoding="utf-8")
        files["dag_path"].write_text(task.project.dag_text, encoding="utf-8")
        request = {**task.request, **{name: str(path) for name, path in files.items()}}
        result = run_driver(task.installation, request, home, bytecode=cache.bytecode, timeout_s=task.timeout_s)
        if result["status"] != "compiled":
            raise InvalidProjectError(failure(result, task.project, found), *found)
        cache.note(key, outside_folders(result, task.project, task.installation.package))
        return cache.keep(work, _with_outside(key, cache))


def _with_outside(key: str, cache: CompileCache) -> str:
    """The key with the content of folders outside of the project that an earlier compile took scripts from."""
    folders = {folder: tree_sha256(Path(folder)) for folder in cache.noted(key)}
    return key_of([key, folders]) if folders else key


def _read(
    entry: Path, project: CursusProject, installation: Installation, found: list[Finding], *, was_cached: bool
) -> Compiled:
    definition_text = (entry / "definition.json").read_text(encoding="utf-8")
    result: dict[str, Any] = json.loads((entry / "result.json").read_text(encoding="utf-8"))
    uploads = entry / "uploads"
    objects = sorted(path for path in uploads.rglob("*") if path.is_file())
    lacking = [item["Name"] for item in json.loads(definition_text)["Parameters"] if "DefaultValue" not in item]
    values = {"EXECUTION_S3_PREFIX": f"s3://{_request(project)['bucket']}/{result['pipeline_name']}/readiness"}
    values |= dict.fromkeys(_NETWORK_PARAMETERS, "not-used-here")
    return Compiled(
        definition_text=definition_text,
        uploads={f"s3://{path.relative_to(uploads).as_posix()}": path for path in objects},
        parameters={name: values[name] for name in lacking if name in values},
        findings=(*found, *observations(result, project, installation.package, definition_text)),
        versions=installation.versions,
        framework_requirements=framework_requirements(installation.package, result["steps"]),
        was_cached=was_cached,
    )
