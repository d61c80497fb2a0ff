"""What a binding may say beside its source."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from cursus_readiness.model.binding import InputBinding


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ({"source": "local:data", "table": {"rows": 3}}, "'table' belongs to synthetic:"),
        ({"source": "s3:", "table": {"rows": 3}}, "'table' belongs to synthetic:"),
        (
            {"source": "synthetic:", "rows": 5, "stratify": "label"},
            "'stratify' belongs to tables",
        ),
        ({"source": "local:data", "stratify": "label"}, "'stratify' needs 'rows'"),
        ({"source": "s3://bucket/data/", "rows": 5}, "'rows' belongs to local: and synthetic:"),
        ({"source": "s3:", "rows": 5, "stratify": "label"}, "'rows' belongs to local: and synthetic:"),
        ({"source": "local:data", "rows": 0}, "greater than or equal to 1"),
    ],
)
def test_what_a_source_cannot_do_is_refused(binding: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        InputBinding.model_validate(binding)


def test_a_table_is_kept_as_json_would_hold_it() -> None:
    column = {"type": "date", "low": date(2024, 1, 1), "high": date(2024, 12, 31)}
    binding = InputBinding.model_validate({"source": "synthetic:", "table": {"columns": {"day": column, 1: None}}})
    assert binding.table["columns"] == {"day": {"type": "date", "low": "2024-01-01", "high": "2024-12-31"}, "1": None}
    assert InputBinding.model_validate_json(binding.model_dump_json()) == binding
