"""Values that must not reach any file of a run folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from cursus_readiness.model.plan import Plan

_SECRET_NAME = re.compile(
    r"SECRET|TOKEN$|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY", re.IGNORECASE
)
HIDDEN = "***"
_SHORTEST_PART = 6  # a shorter value is hidden where it stands alone, but not inside other texts


def hide_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the values of variables that are named like secrets hidden."""
    return {name: HIDDEN if _is_secret(name) else value for name, value in environment.items()}


def without_secrets(plan: Plan) -> Plan:
    """A plan as it may be stored: values that are named like secrets are hidden wherever they stand.

    A hyperparameter, say, is in a file, in variables of the toolkit, and on the command line.
    """
    fields = plan.model_dump(mode="json")
    found: set[str] = set()
    _note_secrets(fields, found)
    if not found:
        return plan
    secrets = sorted(found, key=len, reverse=True)
    parts = [value for value in secrets if len(value) >= _SHORTEST_PART]
    return Plan.model_validate(_hidden(fields, frozenset(secrets), parts))


@lru_cache(maxsize=4096)  # the steps of a pipeline have the same names
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _note_secrets(value: Any, found: set[str]) -> None:
    """Every text that is named like a secret, in mappings and in JSON files."""
    is_mapping = isinstance(value, dict)
    for key, item in value.items() if is_mapping else enumerate(value):
        if isinstance(item, str):
            if item and is_mapping and _is_secret(key):
                found.add(item)
            if item.startswith("{"):
                with suppress(ValueError):
                    _note_secrets(json.loads(item), found)
        elif isinstance(item, dict | list):
            _note_secrets(item, found)


def _hidden(value: Any, whole: frozenset[str], parts: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _hidden_named(name, item, whole, parts) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, whole, parts) for item in value]
    if not isinstance(value, str):
        return value
    if value in whole:
        return HIDDEN
    for part in parts:
        value = value.replace(part, HIDDEN).replace(json.dumps(part)[1:-1], HIDDEN)
    return value


def _hidden_named(name: str, value: Any, whole: frozenset[str], parts: list[str]) -> Any:
    return HIDDEN if isinstance(value, str) and _is_secret(name) else _hidden(value, whole, parts)
