"""Run a scenario at several sizes of its synthetic inputs, and say what its steps would need at another size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from cursus_readiness.analysis.scaling import predict
from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.errors import InterruptedRunError, UsageError
from cursus_readiness.gather.interruption import Interruptions
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.result import StepResult
from cursus_readiness.model.scaling import ScalePoint, Scaling, StepScaling
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.resources import instance_specs
from cursus_readiness.store.writing import write_text
from cursus_readiness.trials.bench import Bench, BenchRun
from cursus_readiness.trials.recording import trials_folder

Tell = Callable[[str], None]


def parsed_size(text: str) -> float:
    """``4x`` or ``0.5x`` as a number. Raises UsageError."""
    try:
        size = float(text.strip().removesuffix("x"))
    except ValueError:
        size = math.nan
    if not 0 < size < math.inf:
        raise UsageError(f"{text!r} is no size", fix="--sizes 1x,2x,4x --to 8x")
    return size


def scale(
    scenario: E2ETestScenario,
    out: Path,
    *,
    sizes: Sequence[float],
    target: float,
    repeats: int = 2,
    tell: Tell = lambda _line: None,
    clock: Clock | None = None,
) -> tuple[Scaling, Path]:
    """Run at every size, the smallest first, and all of that ``repeats`` times; the record and its folder.

    The size of the scenario itself, 1x, is always among them. Rules are not looked at: row counts are another at every
    size. Raises UsageError when no input can be made larger. An interruption keeps the runs that have ended.
    """
    clock = clock or SystemClock()
    folder = trials_folder(out, "scale", scenario, clock)
    found: list[tuple[float, BenchRun]] = []
    is_complete = False
    with Interruptions() as interruptions:
        bench = Bench(scenario, folder, clock=clock, interruptions=interruptions)
        try:
            tell("1x")
            first = bench.run_all()
            rows = _rows(first)
            found.append((1.0, first))
            first.put_away()
            for factor in [factor for _ in range(repeats) for factor in sorted({*sizes, 1.0})][1:]:
                tell(f"{factor:g}x")
                run = bench.run_all(_scaled(scenario, rows, factor))
                found.append((factor, run))
                run.put_away()
            is_complete = True
        except InterruptedRunError:
            if not found:
                raise
        finally:
            bench.close()
        record = Scaling(
            scenario_name=scenario.scenario_name,
            started_at=bench.started_at,
            environment=bench.environment,
            target=target,
            steps=tuple(_steps(found, target)),
            is_complete=is_complete,
        )
        write_text(folder / "scaling.json", record.model_dump_json(indent=2) + "\n")
    return record, folder


def _rows(first: BenchRun) -> dict[str, tuple[str, int]]:
    """URI -> (source, rows) of the inputs that can be made in another size."""
    found = {item.uri: item for item in first.plan.served}
    rows = {
        item.uri: (found[item.uri].binding.source, item.row_count)
        for item in first.datasets
        if item.uri in found and item.source.startswith("synthetic") and item.row_count
    }
    if not rows:
        raise UsageError("no input of the scenario is synthetic, so none can be made larger", fix="declare a schema")
    return rows


def _scaled(scenario: E2ETestScenario, rows: dict[str, tuple[str, int]], factor: float) -> E2ETestScenario:
    larger = {
        uri: _binding(scenario, uri, source).model_copy(update={"rows": max(round(count * factor), 1)})
        for uri, (source, count) in rows.items()
    }
    return scenario.model_copy(update={"inputs": {**scenario.inputs, **larger}})


def _binding(scenario: E2ETestScenario, uri: str, source: str) -> InputBinding:
    """What the scenario says of an input, its seed above all."""
    return scenario.inputs.get(uri) or InputBinding(source=source)


def _steps(found: Sequence[tuple[float, BenchRun]], target: float) -> list[StepScaling]:
    specs, scalings = instance_specs(), []
    for step in found[0][1].result.steps if found else ():
        if not step.had_process:
            continue
        points = [_point(factor, run.step(step.step_name)) for factor, run in found]
        memory = [(item.factor, float(item.peak_memory_bytes)) for item in points if item.peak_memory_bytes is not None]
        time = [(item.factor, item.wall_s) for item in points if item.wall_s is not None]
        spec = specs.get(step.instance_type or "")
        scalings.append(
            StepScaling(
                step_name=step.step_name,
                points=tuple(points),
                peak_memory_bytes=predict(memory, target),
                wall_s=predict(time, target),
                instance_type=step.instance_type,
                instance_memory_bytes=spec.memory_bytes if spec else None,
            )
        )
    return scalings


def _point(factor: float, step: StepResult) -> ScalePoint:
    if not step.status.has_succeeded:
        return ScalePoint(factor=factor)
    return ScalePoint(factor=factor, peak_memory_bytes=step.usage.peak_memory_bytes, wall_s=step.wall_s)
