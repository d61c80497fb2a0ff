"""Join the aggregates of all regions into one report, and check that no order got lost on the way.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/aggregates/<region>  weekly.parquet, products.parquet, totals.json
          /opt/ml/processing/input/summary              summary.json of the split
  writes  /opt/ml/processing/output/report              weekly.csv, products.csv, report.json, report.md
  env     CURRENCY
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd

AGGREGATES_DIR = Path("/opt/ml/processing/input/aggregates")
SUMMARY_FILE = Path("/opt/ml/processing/input/summary/summary.json")
REPORT_DIR = Path("/opt/ml/processing/output/report")

log = logging.getLogger("report")


class ReportError(Exception):
    """The aggregates do not fit together; the message says how."""


def read_json(path: Path) -> Any:
    """The content of a JSON file that must be there."""
    if not path.is_file():
        raise ReportError(f"{path} is missing")
    return json.loads(path.read_text(encoding="utf-8"))


def joined(regions: list[str], name: str) -> pd.DataFrame:
    """One aggregate of all regions, with revenue in whole currency units."""
    paths = [AGGREGATES_DIR / region / f"{name}.parquet" for region in regions]
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        raise ReportError(f"{absent[0]} is missing")
    frame = pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
    return frame.assign(revenue=frame["revenue_cents"] / 100).drop(columns="revenue_cents")


def reconcile(summary: dict[str, Any], totals: list[dict[str, Any]]) -> None:
    """Every accepted order must be in exactly one aggregate.

    Raises ReportError.
    """
    for total in totals:
        expected = summary["by_region"][total["region"]]
        if total["orders"] != expected:
            raise ReportError(f"{total['region']}: {total['orders']} orders summed up, {expected} split off")
    counted = sum(total["orders"] for total in totals) + summary["rejected"]
    if counted != summary["orders"]:
        raise ReportError(f"{counted} orders are accounted for, {summary['orders']} came in")


def as_markdown(totals: list[dict[str, Any]], currency: str) -> str:
    """The totals as a table for people."""
    lines = ["# Store sales", ""]
    lines += [f"| Region | Orders | Units | Revenue ({currency}) |", "| --- | ---: | ---: | ---: |"]
    for total in totals:
        revenue = total["revenue_cents"] / 100
        lines.append(f"| {total['region']} | {total['orders']:,} | {total['units']:,} | {revenue:,.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read, reconcile, join, write."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    currency = os.environ.get("CURRENCY", "USD")
    summary = read_json(SUMMARY_FILE)
    regions = list(summary["by_region"])
    totals = [read_json(AGGREGATES_DIR / region / "totals.json") for region in regions]
    reconcile(summary, totals)
    for name in ("weekly", "products"):
        joined(regions, name).to_csv(REPORT_DIR / f"{name}.csv", index=False)
    report = {
        "currency": currency,
        "regions": len(regions),
        "orders": sum(total["orders"] for total in totals),
        "units": sum(total["units"] for total in totals),
        "revenue": sum(total["revenue_cents"] for total in totals) / 100,
        "rejected_ratio": summary["rejected_ratio"],
    }
    (REPORT_DIR / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (REPORT_DIR / "report.md").write_text(as_markdown(totals, currency), encoding="utf-8")
    log.info("%s", report)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except ReportError as error:
        sys.exit(f"report: {error}")
