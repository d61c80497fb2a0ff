"""The types of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError, all_held
from cursus_readiness.rules.schemas import mapping_of
from cursus_readiness.rules.target import Target

_KINDS = ("number", "integer", "string", "boolean", "timestamp")


@dataclass(frozen=True, slots=True)
class _DtypesCheck:
    kinds: dict[str, str]

    def judge(self, target: Target) -> Judgement:
        return all_held([self._column(name, kind, target) for name, kind in self.kinds.items()])

    @staticmethod
    def _column(name: str, expected: str, target: Target) -> tuple[bool, str]:
        column = target.table.column(name)
        if column is None:
            return False, f"{name} is missing"
        is_fine = column.kind == expected or (expected == "number" and column.kind == "integer")
        return is_fine, f"{name} is {column.kind}" + ("" if is_fine else f", expected {expected}")


class Dtypes:
    """``dtypes: {age: integer}``; an integer column is a number too."""

    key = "dtypes"
    schema: ClassVar[dict[str, Any]] = mapping_of({"enum": list(_KINDS)})

    def parse(self, written: Any) -> _DtypesCheck:
        """Read the mapping of column to type."""
        if (
            not isinstance(written, dict)
            or not written
            or not all(isinstance(kind, str) and kind in _KINDS for kind in written.values())
        ):
            raise RuleSyntaxError(f"a mapping of column to one of {', '.join(_KINDS)} is expected")
        return _DtypesCheck({str(name): kind for name, kind in written.items()})
