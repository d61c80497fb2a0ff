"""Carry out the trials of one scenario file below a folder, and keep what they showed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.errors import CannotRunError
from cursus_readiness.gather.interruption import Interruptions
from cursus_readiness.model.optimization import Goal, Optimization
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.render.optimization import render_html, render_markdown, render_override
from cursus_readiness.store.writing import write_text
from cursus_readiness.trials.bench import Bench
from cursus_readiness.trials.optimizing import Optimizer

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Optimized:
    """What was found, and the folder that holds it. ``override`` is ``None`` when nothing helps."""

    found: Optimization
    folder: Path
    override: Path | None


def optimize(
    scenario: E2ETestScenario,
    out: Path,
    *,
    step: str | None = None,
    goal: Goal = Goal.MEMORY,
    repeats: int = 3,
    ignored: Sequence[str] = (),
    tell: Tell = lambda _line: None,
    clock: Clock | None = None,
) -> Optimized:
    """Try execution parameters; see ``Optimizer``.

    The folder gets ``optimization.json``, ``.md`` and ``.html`` and, when something helps, ``override.yaml``. An
    interruption keeps the finished trials; the record says that it is not complete.
    """
    clock = clock or SystemClock()
    folder = trials_folder(out, "optimize", scenario, clock)
    with Interruptions() as interruptions:
        bench = Bench(scenario, folder, clock=clock, interruptions=interruptions)
        try:
            found = Optimizer(bench, goal=goal, repeats=repeats, ignored=ignored, tell=tell).run(step)
        finally:
            bench.close()
        override = folder / "override.yaml" if found.winner else None
        if override:
            write_text(override, render_override(found))
        write_text(folder / "optimization.json", found.model_dump_json(indent=2) + "\n")
        write_text(folder / "optimization.md", render_markdown(found))
        write_text(folder / "optimization.html", render_html(found))
    return Optimized(found, folder, override)


def trials_folder(out: Path, kind: str, scenario: E2ETestScenario, clock: Clock) -> Path:
    """A new folder ``out/KIND/START-NAME``. Raises CannotRunError when it cannot be created."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", scenario.scenario_name)[:60]
    stem = out / kind / f"{clock.now():%Y%m%dT%H%M%SZ}-{name}"
    for number in range(100):
        folder = stem if number == 0 else stem.with_name(f"{stem.name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise CannotRunError(f"cannot create {folder}: {error.strerror}", fix="choose another --out") from error
        return folder.resolve()
    raise CannotRunError(f"{stem} is there a hundred times", fix="choose another --out")
