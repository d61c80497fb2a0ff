"""Write docs/readiness.schema.json from the model of the report."""

from __future__ import annotations

import json
from pathlib import Path

from cursus_readiness.render.json import report_schema

TARGET = Path(__file__).parents[1] / "docs/readiness.schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(report_schema(), indent=1) + "\n", encoding="utf-8")
