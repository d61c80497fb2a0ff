"""The JSON Schema of the rules is the one that the rules make."""

from __future__ import annotations

import json
from pathlib import Path

from cursus_readiness.rules.registry import rules_schema


def test_the_schema_in_the_documents_is_up_to_date(repository: Path) -> None:
    stored = (repository / "docs/validation-rules.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == rules_schema(), "write it again: python tools/rules_schema.py"
