"""Files that equal golden ones."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Judgement, RuleSyntaxError, UnreadableDataError, fields, texts
from cursus_readiness.rules.comparing import Difference, compare_tables
from cursus_readiness.rules.reading import is_table
from cursus_readiness.rules.schemas import NAME_OR_NAMES, REFERENCE, closed
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.unpacking import is_archive, members, unpacked

_FORM = "{to: 'file:golden/*.csv', keys: [id], tolerance: 1e-6, ignore: [time]}"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much alike files have to be: rows in order or by ``keys``, numbers within ``tolerance``."""

    keys: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    tolerance: float = 1e-9

    schema: ClassVar[dict[str, Any]] = {
        "keys": NAME_OR_NAMES,
        "ignore": NAME_OR_NAMES,
        "tolerance": {"type": "number", "minimum": 0},
    }

    def difference(self, target: Target, golden: Target) -> Difference:
        """What differs between two sets of files.

        Raises UnreadableDataError.
        """
        if all(is_table(path) and path.suffix.lower() != ".json" for path in target.files):
            return compare_tables(target, golden, self.keys, self.ignored, self.tolerance)
        return self._files(target, golden)

    def _files(self, target: Target, golden: Target) -> Difference:
        if len(target.files) != len(golden.files):
            return Difference(f"{len(target.files)} files, expected {len(golden.files)}")
        for path, expected in zip(target.files, golden.files, strict=True):
            if path.suffix.lower() == ".json":
                different = list(self._values(_document(path), _document(expected), ""))
                if different:
                    return Difference(f"{printable(path.name)}: {len(different)} values differ", tuple(different[:5]))
            elif _sum(path) != _sum(expected):
                return Difference(f"{printable(path.name)} has other bytes{_where(path, expected)}")
        return Difference("")

    def _values(self, found: Any, expected: Any, place: str) -> Iterator[str]:
        """The places in two documents where they differ."""
        if isinstance(found, dict) and isinstance(expected, dict):
            for name in sorted({*found, *expected} - {*self.ignored}):
                if name in found and name in expected:
                    yield from self._values(found[name], expected[name], f"{place}.{name}".lstrip("."))
                else:
                    yield f"{place}.{name} is {'unexpected' if name in found else 'missing'}".lstrip(".")
        elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
            for index, pair in enumerate(zip(found, expected, strict=True)):
                yield from self._values(*pair, f"{place}[{index}]")
        elif not self._is_equal(found, expected):
            yield place or "the document"

    def _is_equal(self, found: Any, expected: Any) -> bool:
        numbers = [item for item in (found, expected) if isinstance(item, int | float) and not isinstance(item, bool)]
        if len(numbers) == 2:
            if all(math.isnan(number) for number in numbers):
                return True
            return math.isclose(found, expected, rel_tol=self.tolerance, abs_tol=self.tolerance)
        return type(found) is type(expected) and bool(found == expected)


@dataclass(frozen=True, slots=True)
class _EqualsCheck:
    reference: str
    likeness: Likeness

    @property
    def references(self) -> tuple[str, ...]:
        return (self.reference,)

    def judge(self, target: Target) -> Judgement:
        found = self.likeness.difference(target, target.refer(self.reference))
        return found.judgement(f"equal to {self.reference}")


class Equals:
    """``equals: {to: "file:golden/*.csv"}``: in order, or by ``keys``; numbers within ``tolerance``."""

    key = "equals"
    schema: ClassVar[dict[str, Any]] = closed({"to": REFERENCE}, Likeness.schema)

    def parse(self, written: Any) -> _EqualsCheck:
        """Read reference and tolerance."""
        found = fields(written, _FORM, required=("to",), optional=tuple(Likeness.schema))
        if not isinstance(found["to"], str) or not found["to"]:
            raise RuleSyntaxError("to: one reference is expected")
        return _EqualsCheck(found["to"], read_likeness(found))


def read_likeness(found: Mapping[str, Any]) -> Likeness:
    """What is written of keys, tolerance and what to ignore.

    Raises RuleSyntaxError.
    """
    tolerance = found.get("tolerance", 1e-9)
    if not isinstance(tolerance, int | float) or isinstance(tolerance, bool) or not 0 <= tolerance < math.inf:
        raise RuleSyntaxError("tolerance: a number that is not negative is expected")
    keys, ignored = (texts(found[name], "a name") if name in found else () for name in ("keys", "ignore"))
    return Likeness(keys, ignored, float(tolerance))


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnreadableDataError(f"{printable(path.name)} is not readable JSON") from error


def _where(path: Path, expected: Path) -> str:
    """Which members of an archive are others, as far as both can be opened."""
    if not is_archive(path) or not is_archive(expected):
        return ""
    with unpacked(path) as found, unpacked(expected) as golden:
        names = sorted({*members(found), *members(golden)})
        odd = [name for name in names if _differ(found / name, golden / name)]
    return f" in {printable(', '.join(odd[:5]))}" if odd else " (its members are the same)"


def _differ(one: Path, other: Path) -> bool:
    return not one.is_file() or not other.is_file() or _sum(one) != _sum(other)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
