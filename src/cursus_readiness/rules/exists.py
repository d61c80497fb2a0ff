"""Files are there, and not empty."""

from __future__ import annotations

from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Judgement, RuleSyntaxError
from cursus_readiness.rules.target import Target


class Exists:
    """``exists: true``: at least one file matches, none of them empty."""

    key = "exists"
    schema: ClassVar[dict[str, Any]] = {"const": True}

    def parse(self, written: Any) -> Exists:
        """Only ``true`` makes sense."""
        if written is not True:
            raise RuleSyntaxError("only 'exists: true' is possible")
        return self

    def judge(self, target: Target) -> Judgement:
        """That a file matches was found before any rule is asked."""
        empty = [printable(path.name) for path in target.files if path.stat().st_size == 0]
        if empty:
            return Judgement.broken(f"{len(empty)} of {len(target.files)} files are empty", tuple(empty[:5]))
        return Judgement.kept(f"{len(target.files)} files")
