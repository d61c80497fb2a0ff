"""The seam of rules, and what they share: bounds and violations."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from cursus_readiness.rules.streaming import Need
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


class NoReferenceError(Exception):
    """What a rule compares with is not there, so that nothing can be told."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found: the measured value in words, and up to five examples where it did not hold.

    ``held`` is ``None`` when nothing can be told. ``measured`` are numbers to compare those of later runs with.
    """

    held: bool | None
    message: str
    examples: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def kept(cls, message: str) -> Judgement:
        """The rule holds."""
        return cls(held=True, message=message)

    @classmethod
    def broken(cls, message: str, examples: tuple[str, ...] = ()) -> Judgement:
        """The rule does not hold."""
        return cls(held=False, message=message, examples=examples)

    @classmethod
    def open(cls, why: str) -> Judgement:
        """Nothing can be told."""
        return cls(held=None, message=f"not judged: {why}")


class Check(Protocol):
    """A rule that has been read and can judge files."""

    def judge(self, target: Target) -> Judgement:
        """Judge the files of a target (at least one).

        Raises UnreadableDataError when they cannot be read, NoReferenceError when what they are compared with is not
        there.
        """
        ...


@runtime_checkable
class MeasuringCheck(Check, Protocol):
    """A check that says in advance what it will ask for, so that rules share one pass over the files."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What will be asked for."""
        ...


@runtime_checkable
class ReferringCheck(Check, Protocol):
    """A check that compares with other files."""

    @property
    def references(self) -> tuple[str, ...]:
        """As they are written in the scenario."""
        ...


@runtime_checkable
class RepeatingCheck(Check, Protocol):
    """A check that compares with a second run of the step."""

    needs_second_run: ClassVar[bool]


class Rule(Protocol):
    """How a rule is written. ``key`` is its name in a scenario, ``schema`` the JSON Schema of what stands there."""

    key: str
    schema: ClassVar[dict[str, Any]]

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


def fields(
    written: Any, form: str, *, required: Collection[str] = (), optional: Collection[str] = ()
) -> dict[str, Any]:
    """A mapping with these fields and no others; ``form`` shows how it should be.

    Raises RuleSyntaxError, with the nearest field for one that is misspelled.
    """
    if not isinstance(written, dict) or not all(isinstance(name, str) for name in written):
        raise RuleSyntaxError(f"{form} is expected")
    known = [*required, *optional]
    for name in written:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise RuleSyntaxError(
                f"unknown {name!r} ({f'did you mean {close[0]!r}?' if close else f'{form} is expected'})"
            )
    missing = [name for name in required if name not in written]
    if missing:
        raise RuleSyntaxError(f"{missing[0]!r} is missing; {form} is expected")
    return written


def texts(written: Any, what: str) -> tuple[str, ...]:
    """One text or a list of them.

    Raises RuleSyntaxError.
    """
    found = [written] if isinstance(written, str) else written
    if not isinstance(found, list) or not found or not all(isinstance(item, str) and item for item in found):
        raise RuleSyntaxError(f"{what}, or a list of them, is expected")
    if len(set(found)) < len(found):
        raise RuleSyntaxError(f"{what} stands there twice")
    return tuple(found)


def all_held(parts: list[tuple[bool, str]]) -> Judgement:
    """One judgement of several; the message names those that did not hold, else all."""
    failed = [message for held, message in parts if not held]
    return Judgement(held=not failed, message="; ".join(failed or [message for _, message in parts]))
