"""What the driver tells of a compile, as findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from cursus_readiness.cursus.project import CursusProject, shown
from cursus_readiness.model.finding import Finding, Severity

DOUBTFUL_SCORE = 0.9  # an optional input whose name is not that of the output scores less


def failure(result: dict[str, Any], project: CursusProject, known: Sequence[Finding]) -> Finding:
    """Why compiling failed, with the node it failed at, and the remedy of an earlier finding on the same script."""
    said = str(result["errors"][0]).partition(": ")[2]
    everything = "\n".join(result["errors"])
    asking = _asking(everything, project)
    named = [node for node in sorted(project.dag.nodes, key=len, reverse=True) if node in everything]
    node = next(iter(named + asking), None)
    remedies = [finding.remedy for finding in known if finding.id in ("stale-source-dir", "missing-script")]
    return Finding(
        id="cursus-compile",
        severity=Severity.ERROR,
        message=f"Cursus cannot compile {f'node {node!r}' if node else 'the pipeline'}: {' '.join(said.split())}",
        place=_place(project, node),
        remedy=next(iter(remedies), None) if asking else None,
    )


def observations(
    result: dict[str, Any], project: CursusProject, package: Path, definition_text: str
) -> Iterator[Finding]:
    """What compiled without an error and is probably not meant."""
    for step in result["steps"]:
        yield from _substitution(step, project, package)
        if step["is_stand_in"]:
            message = (
                f"step {step['step']} comes from an in-house SDK that is not here; a stand-in without a script compiles"
            )
            yield _finding("stand-in", Severity.NOTE, message, _place(project, step["node"]), step=step["step"])
    arguments = {step["Name"]: step.get("Arguments", {}) for step in json.loads(definition_text)["Steps"]}
    names = {step["node"]: step["step"] for step in result["steps"]}
    if "wiring" not in result:
        message = "how Cursus came to feed the inputs of steps could not be looked at: its resolver is another"
        yield _finding("wiring-unknown", Severity.NOTE, message, _place(project, None))
    for wire in result.get("wiring", []):
        is_doubtful = wire["score"] < DOUBTFUL_SCORE or not wire["is_listed"]
        if not wire["is_required"] and is_doubtful and _is_wired(wire, names, arguments):
            yield _wiring(wire, names)


def outside_folders(result: dict[str, Any], project: CursusProject, package: Path) -> list[str]:
    """Folders of scripts that were taken neither from the project nor from Cursus's package."""
    taken = [Path(step["taken"]) for step in result["steps"] if step["taken"] and not step["taken"].startswith("s3://")]
    return sorted({str(path.parent) for path in taken if not any(map(path.is_relative_to, (project.root, package)))})


def _substitution(step: dict[str, Any], project: CursusProject, package: Path) -> Iterator[Finding]:
    asked, taken = step["asked"], step["taken"]
    if not asked or not taken or taken.startswith("s3://") or Path(taken).is_relative_to(project.root):
        return
    same = sorted(file for file in project.files if PurePosixPath(file).name == Path(taken).name)
    has_own = f" (the project has {', '.join(same)})" if same else ""
    whose = "Cursus's own package" if Path(taken).is_relative_to(package) else "outside of the project"
    message = f"script {asked} of step {step['step']} was not found; {taken} was taken instead, from {whose}{has_own}"
    remedy = "correct the source folder of the configuration, or set cursus.source_dirs"
    severity = Severity.WARNING if "/" in asked or same else Severity.NOTE
    yield _finding(
        "substituted-script", severity, message, _place(project, step["node"]), step=step["step"], remedy=remedy
    )


def _wiring(wire: dict[str, Any], names: dict[str, str]) -> Finding:
    unlisted = "" if wire["is_listed"] else ", and its interface does not list such a source"
    message = (
        f"optional input {wire['input']!r} of step {names[wire['node']]} is fed from output {wire['output']!r} of "
        f"{names[wire['source']]}, which Cursus matched by likeness alone (score {wire['score']:.2f}{unlisted})"
    )
    remedy = "make sure that the script expects that data; SageMaker will be given the same"
    place = f"$.Steps[?(@.Name=='{names[wire['node']]}')].Arguments"
    return _finding("doubtful-wiring", Severity.WARNING, message, place, step=names[wire["node"]], remedy=remedy)


def _is_wired(wire: dict[str, Any], names: dict[str, str], arguments: dict[str, Any]) -> bool:
    """Whether the compiled step has the input: a builder may leave out what was matched."""
    step = arguments.get(names[wire["node"]], {})
    inputs = [item for item in step.get("ProcessingInputs", []) if item.get("InputName") == wire["input"]]
    path = str(wire["property"]).removeprefix("properties.")
    reference = json.dumps(f"Steps.{names[wire['source']]}.{path}")
    return reference in json.dumps(inputs if "ProcessingInputs" in step else step)


def _asking(said: str, project: CursusProject) -> list[str]:
    """The entries whose script an error speaks of."""
    scripts = {key: project.config.script(key) for key in project.config.config_types}
    return [key for key, it in scripts.items() if it and ("/".join(it) in said or f'"{it[1]}"' in said)]


def _place(project: CursusProject, node: str | None) -> str:
    at = f"$.configuration.specific['{node}']" if node in project.config.config_types else "$.configuration"
    return f"{shown(project.config_file)}: {at}"


def _finding(
    name: str, severity: Severity, message: str, place: str, *, step: str | None = None, remedy: str | None = None
) -> Finding:
    return Finding(id=name, severity=severity, message=message, place=place, step=step, remedy=remedy)
