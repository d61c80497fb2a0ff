"""Values that must not reach any file of a run folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from cursus_readiness.model.plan import Plan
from cursus_readiness.model.secret_shapes import HIDDEN, hide_forms, hide_told, is_secret

_SHORTEST_PART = 6  # a shorter value is hidden where it stands alone, but not inside other texts
_RULES = "validation_rules"  # under a column that is named like a secret stands a rule, and no secret
_TOLD = frozenset({"reason", "message", "error", "error_details", "remedy", "examples", "command", "place", "source"})


class Secrets:
    """The secrets of a run: what its plans hold under names like PASSWORD, or looks random there.

    Wherever such a value stands again (a file, a variable of the toolkit, the command line, a log) it is hidden, and so
    is what has the form of a credential. ``Secrets()`` hides only the latter.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        longest_first = sorted(set(values), key=lambda value: (-len(value), value))
        self._whole = frozenset(longest_first)
        parts = [value for value in longest_first if len(value) >= _SHORTEST_PART]
        self._parts = tuple(dict.fromkeys(form for part in parts for form in (part, json.dumps(part)[1:-1])))

    @classmethod
    def of(cls, *plans: Plan) -> Secrets:
        """The secrets of plans."""
        return cls(value for plan in plans for value in _secrets(plan.model_dump(mode="json")))

    def hide(self, text: str) -> str:
        """What a program told or wrote, without secrets."""
        return hide_told(self._without_parts(text))

    def told(self, fields: Any) -> Any:
        """Plain data of a result or an event with its texts for people (reasons, messages, commands) hidden."""
        return self._told(fields, is_told=False)

    def without(self, plan: Plan) -> Plan:
        """A plan as it may be stored."""
        fields = plan.model_dump(mode="json")
        hidden = self._hidden("", fields)
        return plan if hidden == fields else Plan.model_validate(hidden)

    def _without_parts(self, text: str) -> str:
        for part in self._parts:
            if part in text:
                text = text.replace(part, HIDDEN)
        return text

    def _told(self, value: Any, *, is_told: bool) -> Any:
        if isinstance(value, dict):
            return {key: self._told(item, is_told=is_told or key in _TOLD) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(item, is_told=is_told) for item in value]
        return self.hide(value) if is_told and isinstance(value, str) else value

    def _hidden(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item if key == _RULES else self._hidden(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._hidden(own, item) for own, item in _named(value)]
        if not isinstance(value, str):
            return value
        if value in self._whole or is_secret(name, value):
            return HIDDEN
        option, equals, given = value.partition("=")
        if equals and option.startswith("-") and is_secret(option, given):
            return f"{option}={HIDDEN}"
        return hide_forms(self._without_parts(value))


def without_secrets(plan: Plan) -> Plan:
    """A plan as it may be stored: its secrets are hidden wherever they stand."""
    return Secrets.of(plan).without(plan)


def _secrets(value: Any) -> Iterator[str]:
    """Every text that is one by its name or looks, in mappings, arguments and JSON files."""
    for name, item in value.items() if isinstance(value, dict) else _named(value):
        if isinstance(item, str):
            if is_secret(name, item):
                yield item
            elif item.startswith(("{", "[")):
                with suppress(ValueError, RecursionError):
                    yield from _secrets(json.loads(item))
            elif item.startswith("-") and "=" in item:
                option, _, given = item.partition("=")
                yield from _secrets({option: given})
        elif isinstance(item, dict | list) and name != _RULES:
            yield from _secrets(item)


def _named(items: list[Any]) -> Iterator[tuple[str, Any]]:
    """The items of a list, each with the option before it as its name: ``--password``."""
    before = ""
    for item in items:
        yield before, item
        before = item if isinstance(item, str) and item.startswith("-") and "=" not in item else ""
