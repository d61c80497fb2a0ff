"""Sum up what is owed to each merchant. Never reached in this scenario: the conversion before it fails.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/converted    converted.parquet
  writes  /opt/ml/processing/output/settlement  settlement.csv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

INPUT_FILE = Path("/opt/ml/processing/input/converted/converted.parquet")
OUTPUT_FILE = Path("/opt/ml/processing/output/settlement/settlement.csv")


def main() -> None:
    """Read, sum up, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not INPUT_FILE.is_file():
        sys.exit(f"settle: {INPUT_FILE} is missing")
    payments = pd.read_parquet(INPUT_FILE)
    owed = payments.groupby("merchant", sort=True)["amount_cents"].sum().reset_index()
    owed.to_csv(OUTPUT_FILE, index=False)
    print(f"{len(owed)} merchants")


if __name__ == "__main__":
    main()
