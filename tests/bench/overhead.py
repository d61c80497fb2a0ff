"""What the tool costs: a chain of no-op steps against a bare ``subprocess.run`` loop over the same commands.

``execute`` runs, watches and stores the steps; ``run`` judges and renders them too; ``command`` is the whole command
with its start-up. CPU seconds of this process and its children, rounds interleaved, the ratio of medians. Run by
``make bench``.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from cursus_readiness.clock import SystemClock
from cursus_readiness.environments.machine import run_environment
from cursus_readiness.gather.run import gather
from cursus_readiness.planning.selection import Selection
from cursus_readiness.preparation import prepare
from cursus_readiness.scenarios.loading import load_scenario
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.workflow import run_scenarios

STEP_COUNT = 50
ROUNDS = 9


def write_chain(folder: Path, count: int) -> Path:
    """A scenario of ``count`` steps in a row, each a Python script that does nothing; its path."""
    (folder / "code").mkdir(parents=True, exist_ok=True)
    (folder / "code" / "noop.py").write_text("pass\n", encoding="utf-8")
    steps = []
    for index in range(count):
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
        needs = {"DependsOn": [f"Step{index - 1}"]} if index else {}
        steps.append({"Name": f"Step{index}", "Type": "Processing", "Arguments": arguments, **needs})
    (folder / "definition.json").write_text(json.dumps({"Version": "2020-12-01", "Steps": steps}), encoding="utf-8")
    scenario = folder / "scenario.yaml"
    scenario.write_text(
        "scenario_name: chain\npipeline_config_path: definition.json\nexpected_steps: []\n"
        'inputs: {"s3://bench/code/": "local:code/"}\n',
        encoding="utf-8",
    )
    return scenario


def cpu_s(action: Callable[[], object]) -> float:
    """CPU seconds that an action costs this process and the children that it waits for."""

    def total() -> float:
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

    before = total()
    action()
    return total() - before


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Median CPU seconds of each way to run the chain."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario_file = write_chain(folder, STEP_COUNT)
        scenario = load_scenario(scenario_file)
        script = str(folder / "code" / "noop.py")

        def bare() -> None:
            for _ in range(STEP_COUNT):
                subprocess.run([sys.executable, script], check=True)

        def execute() -> None:
            """Run, watch, store: what a step costs, without judging and rendering the run."""
            clock = SystemClock()
            prepared = prepare(scenario, Selection(), clock.now())
            layout = RunLayout(folder / "out" / f"{clock.monotonic()}")
            environment = run_environment(folder)
            gather([prepared], layout, environment=environment, clock=clock, listener=lambda _: None)

        def run() -> None:
            run_scenarios([scenario], folder / "out")

        def command() -> None:
            arguments = [sys.executable, "-m", "cursus_readiness", "run", str(scenario_file), "--out", f"{folder}/out"]
            subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)

        ways: dict[str, Callable[[], None]] = {"bare": bare, "execute": execute, "run": run, "command": command}
        run()  # imports and caches are not what is measured
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, action in ways.items():
                seconds[way].append(cpu_s(action))
    return {way: statistics.median(values) for way, values in seconds.items()}


def main() -> None:
    """Print the table."""
    medians = measure()
    sys.stdout.write(f"chain of {STEP_COUNT} no-op steps, CPU, median of {ROUNDS} interleaved rounds\n")
    for way, seconds in medians.items():
        sys.stdout.write(f"  {way:<8} {seconds:6.3f} s   {seconds / medians['bare']:.2f} x bare\n")


if __name__ == "__main__":
    main()
