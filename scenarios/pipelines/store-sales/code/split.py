"""Validate raw orders and split them by region, a Parquet file each; unusable orders are set aside.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/orders      raw shards: .jsonl
  writes  /opt/ml/processing/output/<region>   orders.parquet
          /opt/ml/processing/output/rejected   rejected.parquet, with the reason
          /opt/ml/processing/output/summary    summary.json: how many orders went where
  env     REGIONS (comma separated), MAX_REJECTED_RATIO
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path

import pandas as pd

INPUT_DIR = Path("/opt/ml/processing/input/orders")
OUTPUT_DIR = Path("/opt/ml/processing/output")
COLUMNS = (
    "order_id",
    "week",
    "region",
    "product",
    "channel",
    "quantity",
    "unit_price",
    "discount",
    "returned",
)

log = logging.getLogger("split")


class InvalidOrdersError(Exception):
    """The orders cannot be split; the message says why."""


def read_orders() -> pd.DataFrame:
    """All shards as one table, in the order of their names so that a run can be repeated."""
    paths = sorted(INPUT_DIR.glob("*.jsonl"))
    if not paths:
        raise InvalidOrdersError(f"no .jsonl file in {INPUT_DIR}")
    frames = [pd.read_json(path, lines=True, dtype=False) for path in paths]
    orders = pd.concat(frames, ignore_index=True)
    absent = [name for name in COLUMNS if name not in orders.columns]
    if absent:
        raise InvalidOrdersError(f"the orders lack the columns: {', '.join(absent)}")
    return orders[list(COLUMNS)]


def rejection_reasons(orders: pd.DataFrame, regions: list[str]) -> pd.Series:
    """Why an order cannot be counted; empty for one that can. The first reason found stands."""
    reasons = pd.Series("", index=orders.index, dtype=object)
    needed = ["order_id", "week", "product", "discount", "returned"]
    checks = {
        "incomplete": orders[needed].isna().any(axis=1),
        "repeated order_id": orders["order_id"].duplicated(),
        "unknown region": ~orders["region"].isin(regions),
        "no quantity": orders["quantity"].isna() | (orders["quantity"] <= 0),
        "no unit_price": orders["unit_price"].isna() | (orders["unit_price"] <= 0),
    }
    for reason, holds in checks.items():
        reasons = reasons.mask(holds & (reasons == ""), reason)
    return reasons


def priced(orders: pd.DataFrame) -> pd.DataFrame:
    """Orders with whole quantities and the revenue of each, in cents so that sums are exact."""
    revenue = orders["quantity"] * orders["unit_price"] * (1 - orders["discount"])
    return orders.assign(
        channel=orders["channel"].fillna("unknown"),
        week=orders["week"].astype("int64"),
        quantity=orders["quantity"].astype("int64"),
        revenue_cents=(revenue * 100).round().astype("int64"),
    )


def main() -> None:
    """Read, set aside, split, summarise."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    regions = [name for name in os.environ.get("REGIONS", "").split(",") if name]
    if not regions:
        raise InvalidOrdersError("environment variable REGIONS names no region")
    most = float(os.environ.get("MAX_REJECTED_RATIO", "0.05"))
    orders = read_orders()
    reasons = rejection_reasons(orders, regions)
    rejected = orders[reasons != ""].assign(reason=reasons[reasons != ""])
    if len(rejected) > most * len(orders):
        raise InvalidOrdersError(f"{len(rejected)} of {len(orders)} orders unusable, more than {most:.0%}")

    rejected.to_parquet(OUTPUT_DIR / "rejected" / "rejected.parquet", index=False)
    accepted = priced(orders[reasons == ""])
    counts: dict[str, int] = {}
    for region in regions:
        part = accepted[accepted["region"] == region]
        part.to_parquet(OUTPUT_DIR / region / "orders.parquet", index=False)
        counts[region] = len(part)
    summary = {
        "orders": len(orders),
        "rejected": len(rejected),
        "rejected_ratio": len(rejected) / len(orders),
        "by_reason": rejected["reason"].value_counts().sort_index().to_dict(),
        "by_region": counts,
    }
    summary_file = OUTPUT_DIR / "summary" / "summary.json"
    summary_file.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    log.info("%d orders, %d set aside, %s", len(orders), len(rejected), counts)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except InvalidOrdersError as error:
        sys.exit(f"split: {error}")
