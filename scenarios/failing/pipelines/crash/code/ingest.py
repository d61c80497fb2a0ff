"""Check raw payments and publish them as one Parquet file.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/payments   raw shards: .csv
  writes  /opt/ml/processing/output/payments  payments.parquet
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

INPUT_DIR = Path("/opt/ml/processing/input/payments")
OUTPUT_FILE = Path("/opt/ml/processing/output/payments/payments.parquet")
COLUMNS = ("payment_id", "merchant", "currency", "amount")


def main() -> None:
    """Read, check, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    paths = sorted(INPUT_DIR.glob("*.csv"))
    if not paths:
        sys.exit(f"ingest: no CSV file in {INPUT_DIR}")
    payments = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    absent = [name for name in COLUMNS if name not in payments.columns]
    if absent:
        sys.exit(f"ingest: the payments lack the columns: {', '.join(absent)}")
    payments[list(COLUMNS)].to_parquet(OUTPUT_FILE, index=False)
    print(f"{len(payments)} payments")


if __name__ == "__main__":
    main()
