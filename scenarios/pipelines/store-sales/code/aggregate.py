"""Sum up the orders of one region by week and by product.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/orders       orders.parquet of the split
  writes  /opt/ml/processing/output/aggregates  weekly.parquet, products.parquet, totals.json
  args    --region NAME, --top_products COUNT (how many products are marked as the region's best)
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

import pandas as pd

ORDERS_FILE = Path("/opt/ml/processing/input/orders/orders.parquet")
OUTPUT_DIR = Path("/opt/ml/processing/output/aggregates")

log = logging.getLogger("aggregate")


class AggregationError(Exception):
    """The orders cannot be summed up; the message says why."""


def summed(orders: pd.DataFrame, by: str) -> pd.DataFrame:
    """Orders, units, revenue and share of returns by one column, sorted by it."""
    groups = orders.groupby(by, sort=True)
    return groups.agg(
        orders=("order_id", "size"),
        units=("quantity", "sum"),
        revenue_cents=("revenue_cents", "sum"),
        returned_ratio=("returned", "mean"),
    ).reset_index()


def main() -> None:
    """Read, check, sum up, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--region", required=True)
    parser.add_argument("--top_products", type=int, default=5)
    arguments = parser.parse_args()
    if not ORDERS_FILE.is_file():
        raise AggregationError(f"{ORDERS_FILE} is missing")
    orders = pd.read_parquet(ORDERS_FILE)
    if orders.empty:
        raise AggregationError(f"there are no orders of region {arguments.region!r}")
    strays = sorted(set(orders["region"]) - {arguments.region})
    if strays:
        raise AggregationError(f"orders of {', '.join(strays)} among those of {arguments.region!r}")

    weekly = summed(orders, "week")
    products = summed(orders, "product")
    # Equal revenues are told apart by name, so that the same orders always give the same list.
    ranked = products.sort_values(["revenue_cents", "product"], ascending=[False, True])
    products["is_top"] = products["product"].isin(ranked["product"].head(arguments.top_products))
    for name, frame in (("weekly", weekly), ("products", products)):
        frame.insert(0, "region", arguments.region)
        frame.to_parquet(OUTPUT_DIR / f"{name}.parquet", index=False)
    totals = {
        "region": arguments.region,
        "orders": len(orders),
        "units": int(orders["quantity"].sum()),
        "revenue_cents": int(orders["revenue_cents"].sum()),
    }
    (OUTPUT_DIR / "totals.json").write_text(json.dumps(totals, indent=2) + "\n", encoding="utf-8")
    log.info("%s", totals)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except AggregationError as error:
        sys.exit(f"aggregate: {error}")
