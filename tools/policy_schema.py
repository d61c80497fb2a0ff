"""Write docs/policy.schema.json from the shape of the policy."""

from __future__ import annotations

import json
from pathlib import Path

from cursus_readiness.audits.project_policy import policy_schema

TARGET = Path(__file__).parents[1] / "docs/policy.schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(policy_schema(), indent=1) + "\n", encoding="utf-8")
