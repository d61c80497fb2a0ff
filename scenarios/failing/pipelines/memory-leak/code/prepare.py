"""Drop incomplete sensor readings and publish mean and spread of each sensor.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/readings   raw shards: .csv
  writes  /opt/ml/processing/output/prepared  sensors.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

INPUT_DIR = Path("/opt/ml/processing/input/readings")
OUTPUT_FILE = Path("/opt/ml/processing/output/prepared/sensors.json")


def main() -> None:
    """Read, sum up, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    paths = sorted(INPUT_DIR.glob("*.csv"))
    if not paths:
        sys.exit(f"prepare: no CSV file in {INPUT_DIR}")
    readings = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    readings = readings.dropna(subset=["temperature"])
    if readings.empty:
        sys.exit("prepare: no reading has a temperature")
    spread = readings.groupby("sensor", sort=True)["temperature"].agg(["mean", "std"])
    sensors = spread.to_dict(orient="index")
    OUTPUT_FILE.write_text(json.dumps(sensors, indent=2) + "\n", encoding="utf-8")
    print(f"{len(readings)} readings of {len(sensors)} sensors")


if __name__ == "__main__":
    main()
