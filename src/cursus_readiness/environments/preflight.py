"""Look at the code of every step before the first one runs: is it there, does it compile, can it import?"""

from __future__ import annotations

import marshal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cursus_readiness.environments import code_inspector
from cursus_readiness.environments.base import PIP_SHIM, PythonEnvironment, normalised
from cursus_readiness.environments.distributions import distribution_of, is_on_no_index
from cursus_readiness.environments.entry_point import StepCode, step_code
from cursus_readiness.environments.requirements import FILE_NAME, requirement_names
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job
from cursus_readiness.objectstore.store import ObjectStore

_TIMEOUT_S = 300
_TOOLKITS_REQUIREMENTS = "/opt/ml/code/requirements.txt"


@dataclass(frozen=True, slots=True)
class Examined:
    """What was seen of one step's code: findings, and the top-level modules that it imports from elsewhere."""

    findings: tuple[Finding, ...]
    imports: frozenset[str]


def preflight(jobs: Sequence[tuple[Job, PythonEnvironment]], store: ObjectStore) -> list[Finding]:
    """What keeps steps from starting, or may: see ``examine``."""
    return [finding for examined in examine(jobs, store).values() for finding in examined.findings]


def examine(jobs: Sequence[tuple[Job, PythonEnvironment]], store: ObjectStore) -> dict[str, Examined]:
    """The code of every step, by the step's name. None of it is executed; one process per environment is started.

    Code that is not in the store yet is not judged. Raises CannotRunError when an interpreter does not do its part.
    """
    codes = {job.step_name: step_code(job, store) for job, _ in jobs}
    environments = {environment.interpreter: environment for _, environment in jobs}
    seen: dict[str, Any] = {}
    for interpreter, environment in environments.items():
        steps = [codes[job.step_name] for job, used in jobs if used.interpreter == interpreter]
        seen |= _inspect(environment, [step for step in steps if step.files])
    nothing: dict[str, list[Any]] = {"errors": [], "imports": [], "installs": []}
    return {
        job.step_name: _examined(codes[job.step_name], environment, seen.get(job.step_name, nothing))
        for job, environment in jobs
    }


def _inspect(environment: PythonEnvironment, steps: list[StepCode]) -> dict[str, Any]:
    if not steps:
        return {}
    question = {
        "extra_paths": [f"{PIP_SHIM}/path"],
        "steps": {
            step.step_name: {
                "files": step.files,
                "folders": list(step.folders),
                "entry": step.entry,
            }
            for step in steps
        },
    }
    command = [str(environment.interpreter), "-I", "-B", code_inspector.__file__]
    fix = "look whether this interpreter starts, and is Python 3.7 or later"
    try:
        outcome = subprocess.run(
            command,
            input=marshal.dumps(question, code_inspector.MARSHAL_VERSION),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
        return _answer(outcome.stdout)
    except subprocess.CalledProcessError as error:
        said = (error.stderr.decode("utf-8", "replace").strip().splitlines() or ["nothing"])[-1]
        raise CannotRunError(f"{environment.label} cannot inspect the code: {said}", fix=fix) from error
    except (OSError, subprocess.TimeoutExpired, ValueError, EOFError) as error:
        raise CannotRunError(f"{environment.label} cannot inspect the code: {error}", fix=fix) from error


def _answer(output: bytes) -> dict[str, Any]:
    if not output.startswith(code_inspector.OPENING):
        raise ValueError("it gives no answer")
    answer: dict[str, Any] = marshal.loads(output[len(code_inspector.OPENING) :])  # noqa: S302 - of our own program
    return answer


def _examined(code: StepCode, environment: PythonEnvironment, seen: Mapping[str, Any]) -> Examined:
    findings = [*_entry_findings(code), *_compile_findings(code, environment, seen["errors"])]
    installs = set(seen["installs"])
    for path, content in code.files.items():
        if Path(path).name == FILE_NAME:
            installs |= requirement_names(content)
        if path == _TOOLKITS_REQUIREMENTS:
            findings += _unmet_requirements(code, environment, content)
    findings += _import_findings(code, environment, seen["imports"], installs)
    modules = frozenset(item["module"] for item in seen["imports"] if item["module"])
    return Examined(tuple(findings), modules)


def _unmet_requirements(code: StepCode, environment: PythonEnvironment, content: bytes) -> Iterator[Finding]:
    """What the training toolkit would install before it starts the program, and the environment does not have."""
    unmet = [name for name in sorted(requirement_names(content)) if normalised(name) not in environment.packages]
    if unmet:
        yield Finding(
            id="unmet-requirement",
            severity=Severity.WARNING,
            message=f"requirements.txt asks for {', '.join(unmet)}, which {environment.label} does not have",
            place=_TOOLKITS_REQUIREMENTS,
            step=code.step_name,
            remedy="run the step with environment: uv, which installs it",
        )


def _entry_findings(code: StepCode) -> Iterator[Finding]:
    if code.missing is None:
        return
    scripts = {Path(path).name: path for path in code.files if path.endswith((".py", ".sh"))}
    close = get_close_matches(Path(code.missing).name, scripts, n=1)
    hint = f" (did you mean {scripts[close[0]]}?)" if close else ""
    yield Finding(
        id="missing-entry-point",
        severity=Severity.ERROR,
        message=f"the command runs {code.missing}, which is in none of the step's inputs{hint}",
        place=code.missing,
        step=code.step_name,
        remedy="serve the script with 'inputs' of the scenario, or correct the entry point of the step",
    )


def _compile_findings(
    code: StepCode, environment: PythonEnvironment, errors: list[dict[str, Any]]
) -> Iterator[Finding]:
    for error in errors:
        # not reached: null; reached for sure: false; reached under a condition: true
        severity = Severity.ERROR if error["reached"] is False else Severity.WARNING
        place = f"{error['path']}:{error['line']}" if error["line"] else error["path"]
        yield Finding(
            id="script-does-not-compile",
            severity=severity,
            message=f"not valid for Python {environment.minor_version}: {error['message']}",
            place=place,
            step=code.step_name,
            remedy="correct it, or give the step an environment with the Python that it was written for",
        )


def _import_findings(
    code: StepCode, environment: PythonEnvironment, imports: list[dict[str, Any]], installs: set[str]
) -> Iterator[Finding]:
    """One finding per missing module: at the place where it is surest to be imported."""
    first: dict[str, dict[str, Any]] = {}
    for item in sorted(imports, key=lambda item: item["is_conditional"]):
        if item["missing"]:
            first.setdefault(item["missing"], item)
    for module, item in first.items():
        is_own = not item["module"]
        is_top = "." not in module
        distribution = distribution_of(module)
        is_installed_by_step = is_top and not is_own and distribution in installs
        is_sure = not item["is_conditional"] and (is_top or is_own) and not is_installed_by_step
        yield Finding(
            id="missing-import",
            severity=Severity.ERROR if is_sure else Severity.WARNING,
            message=f"module {module!r} cannot be imported with {environment.label}"
            + (": the step would install it by pip, which changes nothing here" if is_installed_by_step else ""),
            place=f"{item['path']}:{item['line']}",
            step=code.step_name,
            remedy=_remedy(module, distribution, environment, is_own=is_own, is_top=is_top),
        )


def _remedy(module: str, distribution: str, environment: PythonEnvironment, *, is_own: bool, is_top: bool) -> str:
    if is_own:
        return "add the module to the step's source"
    if is_on_no_index(module):
        return f"{module!r} is on no index: it exists in AWS's own images alone; do without it, or import it under try"
    if not is_top:
        have = environment.packages.get(distribution, "installed")
        return f"{distribution} {have} has no such module; take the version that the script was written for"
    return f"add {distribution} to 'requirements' of the step's environment (kind uv)"
