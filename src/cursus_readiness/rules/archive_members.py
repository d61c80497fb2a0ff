"""What is in an archive."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Judgement, RuleSyntaxError, fields, texts
from cursus_readiness.rules.schemas import NAMES, closed
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.unpacking import members, unpacked

_FORM = (
    "a list of members such as ['model.joblib', 'code/*.py'], or {exact: [...]}, or {include: [...], exclude: [...]},"
)


@dataclass(frozen=True, slots=True)
class _ArchiveMembersCheck:
    patterns: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    is_exact: bool = False

    def judge(self, target: Target) -> Judgement:
        broken, count = [], 0
        for path in target.files:
            with unpacked(path) as folder:
                names = members(folder)
                empty = [name for name in names if (folder / name).stat().st_size == 0]
            missing = [item for item in self.patterns if not any(fnmatchcase(name, item) for name in names)]
            extra = [name for name in names if self._is_unwanted(name)]
            hollow = [name for name in empty if any(fnmatchcase(name, item) for item in self.patterns)]
            for what, found in (("lacks", missing), ("must not have", extra), ("has empty", hollow)):
                if found:
                    broken.append(f"{printable(path.name)} {what} {printable(', '.join(found[:5]))}")
            count += len(names)
        return Judgement(held=not broken, message="; ".join(broken) or f"{count} members")

    def _is_unwanted(self, name: str) -> bool:
        is_named = any(fnmatchcase(name, item) for item in self.patterns)
        return any(fnmatchcase(name, item) for item in self.excluded) or (self.is_exact and not is_named)


class ArchiveMembers:
    """``archive_members: [model.joblib, code/*.py]`` at least, or ``{exact: [...]}``; ``exclude`` for unwanted ones."""

    key = "archive_members"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [NAMES, closed({}, {"exact": NAMES, "include": NAMES, "exclude": NAMES})]
    }

    def parse(self, written: Any) -> _ArchiveMembersCheck:
        """Read the lists."""
        if isinstance(written, list):
            written = {"include": written}
        found = fields(written, _FORM, optional=("exact", "include", "exclude"))
        if (
            not found
            or {"exact", "include"} <= found.keys()
            or not all(isinstance(item, list) for item in found.values())
        ):
            raise RuleSyntaxError(f"{_FORM} is expected")
        lists = {name: texts(item, "a member") for name, item in found.items()}
        wanted = lists.get("exact") or lists.get("include") or ()
        return _ArchiveMembersCheck(wanted, lists.get("exclude", ()), "exact" in lists)
