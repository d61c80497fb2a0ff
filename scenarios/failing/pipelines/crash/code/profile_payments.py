"""Describe the payments by currency. Independent of the conversion: it succeeds in this scenario.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/payments  payments.parquet
  writes  /opt/ml/processing/output/profile  profile.csv, profile.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

INPUT_FILE = Path("/opt/ml/processing/input/payments/payments.parquet")
OUTPUT_DIR = Path("/opt/ml/processing/output/profile")


def main() -> None:
    """Read, describe, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not INPUT_FILE.is_file():
        sys.exit(f"profile_payments: {INPUT_FILE} is missing")
    payments = pd.read_parquet(INPUT_FILE)
    amounts = payments.groupby("currency", sort=True)["amount"]
    profile = amounts.agg(["size", "min", "mean", "max"]).round(2).reset_index()
    profile.to_csv(OUTPUT_DIR / "profile.csv", index=False)
    summary = {"payments": len(payments), "currencies": len(profile)}
    (OUTPUT_DIR / "profile.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(f"{summary['payments']} payments in {summary['currencies']} currencies")


if __name__ == "__main__":
    main()
