"""The columns of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, RuleSyntaxError, fields, texts
from cursus_readiness.rules.schemas import NAMES, closed
from cursus_readiness.rules.target import Target

_FORMS = ("exact", "include", "any_order")
_FORM = "a list of column names, or {include: [...]}, {exact: [...]} or {any_order: [...]}, with {exclude: [...]},"


@dataclass(frozen=True, slots=True)
class _ColumnsCheck:
    names: tuple[str, ...]
    form: str
    excluded: tuple[str, ...] = ()

    def judge(self, target: Target) -> Judgement:
        table = target.table
        found = list(table.columns)
        missing = [name for name in self.names if name not in table.columns]
        if missing:
            return Judgement.broken(f"missing: {', '.join(missing)}")
        if table.problems:
            return Judgement.broken("; ".join(table.problems[:5]))
        unwanted = [name for name in found if name in self.excluded]
        if self.form != "include":
            unwanted += [name for name in found if name not in self.names and name not in unwanted]
        if unwanted:
            return Judgement.broken(f"unexpected: {', '.join(unwanted)}")
        if self.form == "exact" and (tuple(found) != self.names or table.reordered):
            return Judgement.broken("; ".join(["the order differs", *table.reordered[:5]]))
        return Judgement.kept(f"{len(found)} columns")


class Columns:
    """``columns: [a, b]`` or ``{exact: [a, b]}``, ``{any_order: [a, b]}``, ``{include: [a], exclude: [b]}``."""

    key = "columns"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [NAMES, closed({}, dict.fromkeys((*_FORMS, "exclude"), NAMES))],
    }

    def parse(self, written: Any) -> _ColumnsCheck:
        """Read the lists."""
        if not isinstance(written, dict):
            written = {"exact": written}
        found = fields(written, _FORM, optional=(*_FORMS, "exclude"))
        forms = [form for form in _FORMS if form in found]
        if len(forms) > 1 or not found or not all(isinstance(names, list) for names in found.values()):
            raise RuleSyntaxError(f"{_FORM} is expected")
        form = forms[0] if forms else "include"
        names = texts(found[form], "a column name") if forms else ()
        excluded = texts(found["exclude"], "a column name") if "exclude" in found else ()
        if set(names) & set(excluded):
            raise RuleSyntaxError("a column is both wanted and excluded")
        return _ColumnsCheck(names, form, excluded)
