"""Write docs/validation-rules.schema.json from the rules."""

from __future__ import annotations

import json
from pathlib import Path

from cursus_readiness.rules.registry import rules_schema

TARGET = Path(__file__).parents[1] / "docs/validation-rules.schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(rules_schema(), indent=1) + "\n", encoding="utf-8")
