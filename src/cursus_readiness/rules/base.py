"""The seam of rules, and what they share: bounds and violations."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cursus_readiness.rules.target import Target

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_BOUND = re.compile(rf"\s*(>=|<=|==|!=|>|<)\s*({_NUMBER})\s*")


class RuleSyntaxError(Exception):
    """A rule that is written in a way it cannot be read; the message says how it should be."""


class UnreadableDataError(Exception):
    """A file that a rule needs is not readable as what its name says."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found: the measured value in words, and up to five examples where it did not hold."""

    held: bool
    message: str
    examples: tuple[str, ...] = ()

    @classmethod
    def kept(cls, message: str) -> Judgement:
        """The rule holds."""
        return cls(held=True, message=message)

    @classmethod
    def broken(cls, message: str, examples: tuple[str, ...] = ()) -> Judgement:
        """The rule does not hold."""
        return cls(held=False, message=message, examples=examples)


class Check(Protocol):
    """A rule that has been read and can judge files."""

    def judge(self, target: Target) -> Judgement:
        """Judge the files of a target (at least one).

        Raises UnreadableDataError when they cannot be read.
        """
        ...


class Rule(Protocol):
    """How a rule is written. ``key`` is its name in a scenario."""

    key: str

    def parse(self, written: Any) -> Check:
        """The check that the scenario asks for.

        Raises RuleSyntaxError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison with a number, such as ``>= 0.8``."""

    symbol: str
    limit: float

    def holds(self, value: float) -> bool:
        """Whether the value keeps the bound (NaN keeps none)."""
        return value == value and _OPERATORS[self.symbol](value, self.limit)  # noqa: PLR0124 - NaN, and isnan() has a limit

    def __str__(self) -> str:
        return f"{self.symbol} {self.limit:.12g}"


def parse_bound(written: Any, *, bare: str) -> Bound:
    """A bound as written; a bare number means ``bare`` (an operator)."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return Bound(bare, float(written))
    match = _BOUND.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise RuleSyntaxError(f"{written!r} is not a bound such as '>= 100'")
    return Bound(match[1], float(match[2]))


def named_bounds(written: Any, *, bare: str) -> dict[str, Bound]:
    """A mapping of column to bound."""
    if not isinstance(written, dict) or not written:
        raise RuleSyntaxError("a mapping of column to bound is expected")
    return {str(name): parse_bound(bound, bare=bare) for name, bound in written.items()}


def all_held(parts: list[tuple[bool, str]]) -> Judgement:
    """One judgement of several; the message names those that did not hold, else all."""
    failed = [message for held, message in parts if not held]
    return Judgement(held=not failed, message="; ".join(failed or [message for _, message in parts]))
