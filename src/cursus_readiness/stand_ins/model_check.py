"""Checks that a model can be served: opens the artifact, imports the inference script, loads the model.

Containers are checked one after the other, each in a process of its own; then metrics must be JSON files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from readiness_artifact import MistakeError, end_with, instructions, open_model
from readiness_handlers import serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main() -> None:
    """Check everything, or the one container whose number is the argument."""
    told = instructions()
    containers = told["containers"]
    if len(sys.argv) > 1:
        number = int(sys.argv[1])
        try:
            check_container(containers[number])
        except MistakeError as error:
            raise MistakeError(f"{_label(number, containers)}{error}") from error
        return
    for number, container in enumerate(containers):
        environment = {**container["environment"], **os.environ}
        ended = subprocess.run([sys.executable, os.path.abspath(__file__), str(number)], env=environment, check=False)
        if ended.returncode < 0:
            raise MistakeError(f"{_label(number, containers)}loading the model is ended by signal {-ended.returncode}")
        if ended.returncode:
            sys.exit(ended.returncode)
    for metrics in told["metrics"]:
        check_metrics(metrics)


def check_container(container: dict[str, Any]) -> None:
    """Open one container's artifact and load its model.

    Raises MistakeError for the first thing that is wrong.
    """
    open_model(container)
    if container["program"] is None and container["framework"] == "xgboost":
        print("the built-in XGBoost algorithm serves it: there is no inference script to import", flush=True)
        return
    handlers = serving(container)
    if handlers is None:
        print("there is no inference script to import", flush=True)
    elif handlers.has_model_fn or container["framework"]:
        handlers.load()
    else:
        print("the script leaves it to the image to load the model, which is not tried", flush=True)


def check_metrics(metrics: dict[str, str]) -> None:
    """A file of metrics must be JSON.

    Raises MistakeError when it is not.
    """
    for folder, _, files in os.walk(metrics["folder"]):
        for name in files:
            try:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    json.load(file)
            except (ValueError, RecursionError) as error:
                raise MistakeError(f"{metrics['name']}: {metrics['uri']} is not JSON: {error}") from error
    print(f"{metrics['name']}: {metrics['uri']} is JSON", flush=True)


def _label(number: int, containers: list[Any]) -> str:
    return f"container {number + 1} of {len(containers)}: " if len(containers) > 1 else ""


if __name__ == "__main__":
    end_with(main)
