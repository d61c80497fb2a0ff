"""Files that are the same when the step is run once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.rules.base import Judgement, fields
from cursus_readiness.rules.equals import Likeness, read_likeness
from cursus_readiness.rules.schemas import closed
from cursus_readiness.rules.target import Target

_FORM = "true or {tolerance: 1e-6, keys: [id], ignore: [time]}"


@dataclass(frozen=True, slots=True)
class DeterministicCheck:
    """Compares with the outputs of a second run of the step, which it makes necessary."""

    likeness: Likeness
    needs_second_run: ClassVar[bool] = True

    def judge(self, target: Target) -> Judgement:
        """Judge by what differs between the two runs."""
        return self.likeness.difference(target, target.second_run()).judgement("the same when the step is run again")


class Deterministic:
    """``deterministic: true``, or with what ``equals`` takes: ``{tolerance: 1e-6, keys: [id], ignore: [time]}``."""

    key = "deterministic"
    schema: ClassVar[dict[str, Any]] = {"anyOf": [{"const": True}, closed({}, Likeness.schema)]}

    def parse(self, written: Any) -> DeterministicCheck:
        """Read ``true`` or how alike they have to be."""
        found = {} if written is True else fields(written or None, _FORM, optional=tuple(Likeness.schema))
        return DeterministicCheck(read_likeness(found))
