"""The files that rules look at, read once however many rules ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import UnreadableDataError
from cursus_readiness.rules.table import TableProfile, profile_table


@dataclass(frozen=True)
class Target:
    """The files of an output that match a pattern, in order."""

    files: tuple[Path, ...]

    @cached_property
    def table(self) -> TableProfile:
        """Rows, columns, nulls and ranges over all files together, streamed in one pass."""
        return profile_table(self.files)

    @cached_property
    def documents(self) -> tuple[Any, ...]:
        """Each file as JSON."""
        found = []
        for path in self.files:
            try:
                found.append(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, RecursionError) as error:
                raise UnreadableDataError(f"{printable(path.name)} is not readable JSON: {error}") from error
        return tuple(found)
