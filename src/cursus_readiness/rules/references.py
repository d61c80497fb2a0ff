"""Files that a rule compares with: inputs and outputs of the step, outputs of earlier ones, files of the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cursus_readiness.model.job import Job, JobInput, JobOutput, Packing
from cursus_readiness.model.plan import Plan
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.base import RuleSyntaxError
from cursus_readiness.rules.reading import PLAIN, TableFormat


@dataclass(frozen=True, slots=True)
class Place:
    """Where files are: in the store below ``uri``, or in a ``folder`` of the machine; and how tables there are written.

    ``step`` is that of an ``output`` of another step. What belongs to the step itself is looked up in its settled job.
    """

    pattern: str
    kind: str
    name: str = ""
    step: str | None = None
    output: JobOutput | None = None
    folder: Path | None = None
    form: TableFormat = PLAIN

    def files(self, job: Job, store: ObjectStore) -> tuple[Path, ...]:
        """The files that are there, sorted."""
        if self.folder is not None:
            return _matching(self.folder, self.pattern)
        found: JobInput | JobOutput | None = self.output
        if self.kind == "input":
            found = next((item for item in job.inputs if item.name == self.name), None)
        elif self.kind == "own":
            found = next((item for item in job.outputs if item.name == self.name), None)
        return files_of(found, self.pattern, store) if found else ()


def files_of(item: JobInput | JobOutput, pattern: str, store: ObjectStore) -> tuple[Path, ...]:
    """The files of an input or output that match a pattern, sorted; an archive or single object by its own name."""
    path = store.path_of(item.uri)
    if item.packing is Packing.TAR_GZ or path.is_file():
        return (path,) if path.is_file() and path.match(pattern) else ()
    return _matching(path, pattern)


def mistake_in(pattern: str, output: str) -> str | None:
    """What is wrong with the pattern of files of an output or input."""
    if not pattern:
        return f"name files too, as in '{output}/*.csv'"
    parts = pattern.split("/")
    if pattern.startswith("/") or ".." in parts or any("**" in part and part != "**" for part in parts):
        return "a pattern below the output is expected, such as 'train/*.csv' or '**/*.csv'"
    return None


def find_place(
    written: str, step: str, plan: Plan, formats: dict[tuple[str, str], TableFormat], own_form: TableFormat
) -> Place:
    """What a reference means.

    ``input:NAME/files`` is an input of the step, ``OUTPUT/files`` an output of it, ``STEP:OUTPUT/files`` an output of a
    step before it, ``file:path`` a file beside the scenario. Raises RuleSyntaxError.
    """
    prefix, colon, rest = written.partition(":")
    if prefix == "file" and colon:
        return _beside(rest, plan, own_form)
    owner, target = (prefix, rest) if colon else (step, written)
    name, _, pattern = target.partition("/")
    mistake = mistake_in(pattern, name)
    if mistake:
        raise RuleSyntaxError(f"{written!r}: {mistake}")
    names = [item.name for item in plan.steps]
    if owner == "input":
        _known(plan, step, name, written, of="inputs")
        return Place(pattern, "input", name, form=own_form)
    if owner not in names:
        raise RuleSyntaxError(f"{written!r}: unknown step {owner!r}")
    form = formats.get((owner, target), own_form)
    if owner == step:
        _known(plan, step, name, written, of="outputs")
        return Place(pattern, "own", name, form=form)
    if step in names and names.index(owner) > names.index(step):
        raise RuleSyntaxError(f"{written!r}: step {owner!r} runs after {step!r}")
    output = _known(plan, owner, name, written, of="outputs")
    return Place(pattern, "other", name, step=owner, output=output, form=form)


def _beside(written: str, plan: Plan, form: TableFormat) -> Place:
    """Files of the project, by a path or pattern relative to the scenario."""
    parts = PurePosixPath(written).parts
    fixed = next((index for index, part in enumerate(parts) if set(part) & set("*?[")), len(parts) - 1)
    folder, pattern = plan.scenario.path_of("/".join(parts[:fixed]) or "."), "/".join(parts[fixed:])
    if not pattern or mistake_in(pattern, "folder") or not _matching(folder, pattern):
        raise RuleSyntaxError(f"file:{written}: there is no such file")
    return Place(pattern, "file", folder=folder, form=form)


def _known(plan: Plan, step: str, name: str, written: str, *, of: str) -> JobOutput | None:
    """The input or output of that name; ``None`` for a step that is not executed."""
    job = next((item.job for item in plan.steps if item.name == step), None)
    if job is None:
        return None
    items = {item.name: item for item in getattr(job, of)}
    if name not in items:
        raise RuleSyntaxError(f"{written!r}: step {step!r} has the {of} {', '.join(items) or 'none'}")
    found = items[name]
    return found if isinstance(found, JobOutput) else None


def _matching(folder: Path, pattern: str) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(found for found in folder.glob(pattern) if found.is_file()))
