"""How the files of a target are written and how they are shown: what stands beside its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cursus_readiness.rules.base import RuleSyntaxError
from cursus_readiness.rules.masking import masked, shown
from cursus_readiness.rules.reading import PLAIN, TableFormat

SETTINGS: dict[str, dict[str, Any]] = {
    "header": {"type": "boolean", "description": "false: CSV files without a line of names; `columns` gives them."},
    "delimiter": {"type": "string", "minLength": 1, "maxLength": 1, "description": "Of CSV files: ';', say."},
    "examples": {"enum": ["masked", "shown"], "description": "Whether values in examples are shown as they are."},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is true of a target for all its rules."""

    form: TableFormat = PLAIN
    shows_examples: bool = False

    @property
    def show(self) -> Callable[[Any], str]:
        """An example of a value."""
        return shown if self.shows_examples else masked


def read_settings(written: dict[str, Any]) -> Settings:
    """The settings among what is written for a target.

    Raises RuleSyntaxError.
    """
    header, delimiter = written.get("header", True), written.get("delimiter")
    examples = written.get("examples", "masked")
    if not isinstance(header, bool):
        raise RuleSyntaxError("header: true or false is expected")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or not delimiter.isascii()):
        raise RuleSyntaxError("delimiter: one character such as ';' is expected")
    if examples not in ("masked", "shown"):
        raise RuleSyntaxError("examples: 'masked' or 'shown' is expected")
    return Settings(TableFormat(() if header else _names(written.get("columns")), delimiter), examples == "shown")


def _names(columns: Any) -> tuple[str, ...]:
    if isinstance(columns, dict) and len(columns) == 1:
        columns = columns.get("exact")
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) and name for name in columns):
        raise RuleSyntaxError("header: false needs the names of all columns, in order: columns: [a, b]")
    if len(set(columns)) < len(columns):
        raise RuleSyntaxError("header: false needs columns of different names")
    return tuple(columns)
