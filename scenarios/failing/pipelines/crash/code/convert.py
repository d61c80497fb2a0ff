"""Convert payments into one currency.

The rate table lacks a currency of the data, and nothing checks that: the amounts in francs become NaN, which
cannot be a whole number of cents. The step ends with a traceback and exit code 1. This is the defect that the
scenario is about; leave it in.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/payments    payments.parquet
  writes  /opt/ml/processing/output/converted  converted.parquet
  env     TARGET_CURRENCY
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pandas as pd

INPUT_FILE = Path("/opt/ml/processing/input/payments/payments.parquet")
OUTPUT_FILE = Path("/opt/ml/processing/output/converted/converted.parquet")
USD_RATES = {"USD": 1.0, "EUR": 1.09, "GBP": 1.27}


def to_cents(payments: pd.DataFrame, target: str) -> pd.Series:
    """Amounts in cents of the target currency."""
    rates = payments["currency"].map(USD_RATES) / USD_RATES[target]
    return (payments["amount"] * rates * 100).round().astype("int64")


def main() -> None:
    """Read, convert, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    payments = pd.read_parquet(INPUT_FILE)
    print(f"converting {len(payments)} payments")
    payments["amount_cents"] = to_cents(payments, os.environ["TARGET_CURRENCY"])
    payments.to_parquet(OUTPUT_FILE, index=False)


if __name__ == "__main__":
    main()
