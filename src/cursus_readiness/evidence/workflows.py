"""The workflows of a project: valid, with few permissions, and this gate among what they run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from cursus_readiness.model.evidence import Fact, examined
from cursus_readiness.scenarios.yaml_lines import LinedDocument, UnreadableYamlError, read_text

_GATE = re.compile(r"readiness(?:['\"]?\s+)(?:run|validate-system)\b")
_MAKE = re.compile(r"\bmake\b")
_WORD = re.compile(r"[\w./-]+")
_DEEPEST = 3


def workflow_facts(root: Path, files: Sequence[Path], variables: Mapping[str, str], today: date) -> Iterator[Fact]:
    """What the workflow files say, and whether this very run is one of theirs."""
    ids = ("invalid-workflow", "unwired-gate", "wide-permissions")
    if not files:
        yield from (Fact(id=name, missing="the project has no workflow files") for name in ids)
    else:
        read = [(path.relative_to(root).as_posix(), *_read(path)) for path in files]
        valid = [(name, data) for name, data, problem in read if problem is None]
        yield examined(ids[0], len(read), [f"{name}: {problem}" for name, _, problem in read if problem], "workflows")
        wired = [name for name, data in valid if _GATE.search(_text_of(root, _commands(data)))]
        yield examined(ids[1], len(read), [] if wired else ["no workflow calls readiness run or validate-system"])
        wide = [f"{name}: {problem}" for name, data in valid for problem in _wide(data)]
        yield examined(ids[2], len(valid), wide, "workflows")
    if variables.get("GITHUB_ACTIONS") == "true" and variables.get("GITHUB_RUN_ID"):
        where = f"{variables.get('GITHUB_REPOSITORY', '')} run {variables['GITHUB_RUN_ID']}"
        found = examined("missing-ci-run", 1, [], "runs")
        yield found.model_copy(update={"source": where, "recorded_on": today, "expires_on": today})


def _read(path: Path) -> tuple[dict[Any, Any], str | None]:
    """The workflow, and what is wrong with it."""
    try:
        data = LinedDocument(read_text(path)).data
    except UnreadableYamlError as error:
        return {}, f"line {error.line}: {error.message}"
    if not isinstance(data, dict) or not isinstance(data.get("jobs"), dict):
        return {}, "a workflow is a mapping with jobs"
    return data, next(_problems(data), None)


def _problems(data: dict[Any, Any]) -> Iterator[str]:
    if not ({"on", True} & set(data)):  # YAML 1.1 takes `on` for true
        yield "it has no `on`"
    for name, job in data["jobs"].items():
        if not isinstance(job, dict) or not (
            "uses" in job or ("runs-on" in job and isinstance(job.get("steps"), list))
        ):
            yield f"job {name} has neither `uses` nor `runs-on` and steps"
            continue
        for number, step in enumerate(job.get("steps", ()), 1):
            if not isinstance(step, dict) or ("run" in step) == ("uses" in step):
                yield f"job {name}: step {number} needs one of `run` and `uses`"


def _commands(data: dict[Any, Any]) -> str:
    steps = [step for job in data["jobs"].values() for step in job.get("steps", ())]
    return "\n".join(str(step["run"]) for step in steps if "run" in step)


def _text_of(root: Path, commands: str, depth: int = 0) -> str:
    """Commands, with the text of the scripts of the repository that they call, and of its Makefile."""
    if depth == _DEEPEST:
        return commands
    names = set(_WORD.findall(commands)) | ({"Makefile"} if _MAKE.search(commands) else set())
    paths = [path for name in sorted(names) if (path := root / name.lstrip("/")).is_file()]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths if root in path.resolve().parents]
    return commands + "".join("\n" + _text_of(root, text, depth + 1) for text in texts)


def _wide(data: dict[Any, Any]) -> Iterator[str]:
    jobs = data["jobs"].items()
    if "permissions" not in data and not all("permissions" in job for _, job in jobs):
        yield "it does not say which permissions it needs"
    for where, granted in (
        ("the workflow", data.get("permissions")),
        *((key, job.get("permissions")) for key, job in jobs),
    ):
        if granted == "write-all":
            yield f"{where} may write everything"
