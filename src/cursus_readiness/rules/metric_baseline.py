"""A number against the one that a baseline or an earlier run had."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from cursus_readiness.rules.base import RuleSyntaxError, fields
from cursus_readiness.rules.schemas import NAME, closed
from cursus_readiness.units import format_ratio

_FORM = "{tolerance: 0.01, better: higher}, with tolerance_ratio in the place of tolerance, and the name of a baseline,"
_BETTER = ("higher", "lower")
_FIELDS: dict[str, Any] = {
    "name": NAME,
    "tolerance": {"type": "number", "minimum": 0},
    "tolerance_ratio": {"type": "number", "minimum": 0},
    "better": {"enum": list(_BETTER)},
}
BASELINE: dict[str, Any] = {"anyOf": [{"const": True}, closed({}, _FIELDS)]}


@dataclass(frozen=True, slots=True)
class Baseline:
    """How much worse a number may be than that of the baseline ``name``, or of the newest earlier run.

    Without ``better`` it may be neither higher nor lower. ``is_ratio``: the tolerance is a share of the number then.
    """

    name: str | None = None
    tolerance: float = 0.0
    is_ratio: bool = False
    better: str | None = None

    def holds(self, now: float, then: float) -> bool:
        """Whether a number is as good as that of then; NaN never is."""
        allowed = self.tolerance * abs(then) if self.is_ratio else self.tolerance
        worse = {"higher": then - now, "lower": now - then}.get(self.better or "", abs(now - then))
        return worse <= allowed or math.isclose(worse, allowed, rel_tol=1e-9)

    def __str__(self) -> str:
        if not self.tolerance:
            return "at least as good" if self.better else "the same"
        allowed = format_ratio(self.tolerance) if self.is_ratio else f"{self.tolerance:.6g}"
        return f"at most {allowed} {'worse' if self.better else 'apart'}"


def parse_baseline(written: Any) -> Baseline:
    """Read what stands for ``baseline``; ``true`` is short for no tolerance.

    Raises RuleSyntaxError.
    """
    if written is True:
        return Baseline()
    found = fields(written, _FORM, optional=tuple(_FIELDS))
    if "tolerance" in found and "tolerance_ratio" in found:
        raise RuleSyntaxError("either tolerance or tolerance_ratio")
    tolerance = found.get("tolerance", found.get("tolerance_ratio", 0))
    if not isinstance(tolerance, int | float) or isinstance(tolerance, bool) or not 0 <= tolerance < math.inf:
        raise RuleSyntaxError("tolerance: a number that is not negative is expected")
    name, better = found.get("name"), found.get("better")
    if better is not None and better not in _BETTER:
        raise RuleSyntaxError("better: higher or lower is expected")
    if name is not None and (not isinstance(name, str) or not name):
        raise RuleSyntaxError("name: the name of a baseline is expected")
    return Baseline(name, float(tolerance), "tolerance_ratio" in found, better)
