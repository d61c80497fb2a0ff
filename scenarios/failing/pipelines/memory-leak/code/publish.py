"""Turn simulated quantiles into alarm thresholds. Not reached when the simulation before it is stopped.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/quantiles    quantiles.json
  writes  /opt/ml/processing/output/thresholds  thresholds.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

INPUT_FILE = Path("/opt/ml/processing/input/quantiles/quantiles.json")
OUTPUT_FILE = Path("/opt/ml/processing/output/thresholds/thresholds.json")


def main() -> None:
    """Read, round, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not INPUT_FILE.is_file():
        sys.exit(f"publish: {INPUT_FILE} is missing")
    quantiles = json.loads(INPUT_FILE.read_text(encoding="utf-8"))
    thresholds = {"warning": round(quantiles["0.9"], 1), "alarm": round(quantiles["0.99"], 1)}
    OUTPUT_FILE.write_text(json.dumps(thresholds, indent=2) + "\n", encoding="utf-8")
    print(f"warning above {thresholds['warning']}, alarm above {thresholds['alarm']}")


if __name__ == "__main__":
    main()
