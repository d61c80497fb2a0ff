"""Simulate temperature paths in batches, and write how high they climb.

Every batch is kept in a list until the end although only the maximum of each path is needed: memory grows by
about 60 MB with each batch, to 2 GB for all 33. On a large instance the step would succeed. This is the defect
that the scenario is about; leave it in.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/prepared    sensors.json
  writes  /opt/ml/processing/output/quantiles  quantiles.json
  env     BATCHES, PATHS_PER_BATCH, STEPS_PER_PATH, RANDOM_SEED
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

INPUT_FILE = Path("/opt/ml/processing/input/prepared/sensors.json")
OUTPUT_FILE = Path("/opt/ml/processing/output/quantiles/quantiles.json")
LEVELS = (0.5, 0.9, 0.99)
BATCH_SECONDS = 0.1  # no faster than this, so that the growth shows over several samples of the memory


def simulate(random: np.random.Generator, paths: int, steps: int, mean: float, std: float) -> np.ndarray:
    """Random walks around the mean, one path a row; built in place: a batch needs its own size and no more."""
    walks = random.random((paths, steps))
    walks -= 0.5
    np.cumsum(walks, axis=1, out=walks)
    walks *= std * np.sqrt(12 / steps)  # a uniform step has a variance of 1/12; the last point is to have std
    walks += mean
    return walks


def main() -> None:
    """Simulate, keep, sum up."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not INPUT_FILE.is_file():
        sys.exit(f"simulate: {INPUT_FILE} is missing")
    sensors = json.loads(INPUT_FILE.read_text(encoding="utf-8"))
    hottest = max(sensors.values(), key=lambda sensor: sensor["mean"])
    count = int(os.environ.get("BATCHES", "33"))
    paths = int(os.environ.get("PATHS_PER_BATCH", "8000"))
    steps = int(os.environ.get("STEPS_PER_PATH", "960"))
    random = np.random.default_rng(int(os.environ.get("RANDOM_SEED", "42")))

    batches: list[np.ndarray] = []
    for number in range(1, count + 1):
        started = time.monotonic()
        batches.append(simulate(random, paths, steps, hottest["mean"], hottest["std"]))
        print(f"batch {number} of {count}, {sum(batch.nbytes for batch in batches) / 1e6:.0f} MB held")
        time.sleep(max(0.0, BATCH_SECONDS - (time.monotonic() - started)))

    maxima = np.concatenate([batch.max(axis=1) for batch in batches])
    quantiles = {str(level): float(np.quantile(maxima, level)) for level in LEVELS}
    OUTPUT_FILE.write_text(json.dumps(quantiles, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
