"""What the tool costs: no-op steps, chained or independent, against a bare ``subprocess.run`` loop over their commands.

``execute`` runs, watches and stores the steps; ``run`` judges and renders them too; ``command`` is the whole command
with its start-up. CPU seconds of this process and its children, and wall seconds; rounds interleaved, the ratio of
medians. Run by ``make bench``.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cursus_readiness.clock import SystemClock
from cursus_readiness.environments.machine import run_environment
from cursus_readiness.gather.run import gather
from cursus_readiness.model.report import RunSettings
from cursus_readiness.planning.selection import Selection
from cursus_readiness.preparation import prepare
from cursus_readiness.scenarios.loading import load_scenario
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.workflow import run_scenarios

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Shape:
    """So many steps, one after the other or each for itself, ``jobs`` of them at a time."""

    name: str
    step_count: int
    is_chain: bool
    jobs: int = 1
    script: str = "pass"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an action took of this process and the children that it waited for."""

    cpu_s: float
    wall_s: float


SHAPES = (Shape("chain of 50", 50, is_chain=True), Shape("200, two at a time", 200, is_chain=False, jobs=2))
SLEEPING = Shape("200 of 0.2 s", 200, is_chain=False, script="import time; time.sleep(0.2)")


def write_chain(folder: Path, count: int) -> Path:
    """A scenario of ``count`` steps in a row; its path."""
    return write_scenario(folder, Shape("chain", count, is_chain=True))


def write_scenario(folder: Path, shape: Shape) -> Path:
    """A scenario whose steps are Python scripts that do nothing; its path."""
    (folder / "code").mkdir(parents=True, exist_ok=True)
    (folder / "code" / "noop.py").write_text(f"{shape.script}\n", encoding="utf-8")
    steps = []
    for index in range(shape.step_count):
        arguments = {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
            "AppSpecification": {
                "ImageUri": "image",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/noop.py"],
            },
            "ProcessingInputs": [
                {
                    "InputName": "code",
                    "S3Input": {"S3Uri": "s3://bench/code/noop.py", "LocalPath": "/opt/ml/processing/input/code"},
                }
            ],
        }
        needs = {"DependsOn": [f"Step{index - 1}"]} if index and shape.is_chain else {}
        steps.append({"Name": f"Step{index}", "Type": "Processing", "Arguments": arguments, **needs})
    (folder / "definition.json").write_text(json.dumps({"Version": "2020-12-01", "Steps": steps}), encoding="utf-8")
    scenario = folder / "scenario.yaml"
    scenario.write_text(
        "scenario_name: bench\npipeline_config_path: definition.json\nexpected_steps: []\n"
        'inputs: {"s3://bench/code/": "local:code/"}\n',
        encoding="utf-8",
    )
    return scenario


def cost_of(action: Callable[[], object]) -> Cost:
    """What an action takes."""

    def total_s() -> float:
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

    before_s, started_s = total_s(), time.monotonic()
    action()
    return Cost(total_s() - before_s, time.monotonic() - started_s)


def measure(shape: Shape, rounds: int) -> dict[str, Cost]:
    """Median cost of each way to run the steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario_file = write_scenario(folder, shape)
        scenario = load_scenario(scenario_file)
        script = str(folder / "code" / "noop.py")
        settings = RunSettings(jobs=shape.jobs)

        def bare() -> None:
            for _ in range(shape.step_count):
                subprocess.run([sys.executable, script], check=True)

        def execute() -> None:
            """Run, watch, store: what a step costs, without judging and rendering the run."""
            clock = SystemClock()
            prepared = prepare(scenario, Selection(), clock.now())
            layout = RunLayout(folder / "out" / f"{clock.monotonic()}")
            environment = run_environment(folder)
            gather([prepared], layout, environment=environment, clock=clock, listener=lambda _: None, settings=settings)

        def run() -> None:
            run_scenarios([scenario], folder / "out", settings=settings)

        def command() -> None:
            arguments = [sys.executable, "-m", "cursus_readiness", "run", str(scenario_file), "--out", f"{folder}/out"]
            arguments += ["--jobs", str(shape.jobs)]
            subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)

        ways: dict[str, Callable[[], None]] = {"bare": bare, "execute": execute, "run": run, "command": command}
        run()  # imports and caches are not what is measured
        costs: dict[str, list[Cost]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, action in ways.items():
                costs[way].append(cost_of(action))
    return {way: _median(values) for way, values in costs.items()}


def speed_up() -> float:
    """How many times faster independent steps that sleep are two at a time, by wall time."""
    with tempfile.TemporaryDirectory() as name:
        scenario = load_scenario(write_scenario(Path(name), SLEEPING))
        walls = [
            cost_of(partial(run_scenarios, [scenario], Path(name) / "out", settings=RunSettings(jobs=jobs))).wall_s
            for jobs in (1, 2)
        ]
    return walls[0] / walls[1]


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.cpu_s for cost in costs), statistics.median(cost.wall_s for cost in costs))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    sys.stdout.write(f"no-op steps, median of {rounds} interleaved rounds, x bare\n")
    sys.stdout.write(f"  {'steps':<18} {'way':<8} {'CPU':>9} {'':>6} {'wall':>10}\n")
    for shape in SHAPES:
        costs = measure(shape, rounds)
        bare = costs["bare"]
        for way, cost in costs.items():
            cpu = f"{cost.cpu_s:8.3f} s {cost.cpu_s / bare.cpu_s:5.2f}x"
            wall = f"{cost.wall_s:8.3f} s {cost.wall_s / bare.wall_s:5.2f}x"
            sys.stdout.write(f"  {shape.name:<18} {way:<8} {cpu} {wall}\n")
    sys.stdout.write(f"  {SLEEPING.name}: two at a time are {speed_up():.2f} times faster\n")


if __name__ == "__main__":
    main()
