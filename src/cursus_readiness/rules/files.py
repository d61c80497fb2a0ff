"""How many files there are, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Bound, Judgement, all_held, fields, parse_bound
from cursus_readiness.rules.schemas import BOUND, closed
from cursus_readiness.rules.target import Target
from cursus_readiness.units import format_bytes

_FORM = "a bound on their number, or {count: ..., size_bytes: ..., total_bytes: ...}"


@dataclass(frozen=True, slots=True)
class _FilesCheck:
    bounds: dict[str, Bound]

    def judge(self, target: Target) -> Judgement:
        sizes = {path: path.stat().st_size for path in target.files}
        parts = []
        if count := self.bounds.get("count"):
            held = count.holds(len(sizes))
            parts.append((held, f"{len(sizes)} files" + ("" if held else f", expected {count}")))
        if total := self.bounds.get("total_bytes"):
            held = total.holds(sum(sizes.values()))
            parts.append(
                (held, f"{format_bytes(sum(sizes.values()))} in all" + ("" if held else f", expected {total}"))
            )
        odd: list[str] = []
        if each := self.bounds.get("size_bytes"):
            odd = [f"{printable(path.name)}: {size} B" for path, size in sizes.items() if not each.holds(size)]
            span = f"{format_bytes(min(sizes.values()))} to {format_bytes(max(sizes.values()))} each"
            parts.append((not odd, f"{len(odd)} files are not {each} bytes" if odd else span))
        found = all_held(parts)
        return Judgement(held=found.held, message=found.message, examples=tuple(odd[:5]))


class Files:
    """``files: 3``, ``files: {count: ">= 1", size_bytes: ">= 100", total_bytes: "<= 1e9"}``."""

    key = "files"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [BOUND, closed({}, {"count": BOUND, "size_bytes": BOUND, "total_bytes": BOUND})]
    }

    def parse(self, written: Any) -> _FilesCheck:
        """Read the bounds."""
        if not isinstance(written, dict):
            return _FilesCheck({"count": parse_bound(written, bare="==")})
        found = fields(written or None, _FORM, optional=("count", "size_bytes", "total_bytes"))
        bare = {"count": "==", "size_bytes": ">=", "total_bytes": "<="}
        return _FilesCheck({name: parse_bound(bound, bare=bare[name]) for name, bound in found.items()})
