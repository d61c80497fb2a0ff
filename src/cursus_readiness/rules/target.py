"""The files that rules look at, read once however many rules ask."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import NoReferenceError, UnreadableDataError
from cursus_readiness.rules.masking import masked
from cursus_readiness.rules.reading import PLAIN, TableFormat
from cursus_readiness.rules.streaming import Measure, take
from cursus_readiness.rules.table import Profile, TableProfile

LARGEST_DOCUMENT_BYTES = 64 << 20


def _no_reference(written: str) -> Target:
    raise NoReferenceError(f"{written}: there is nothing to refer to")


def _no_second_run() -> Target:
    raise NoReferenceError("it was not run a second time")


def _no_metrics(_baseline: str | None) -> tuple[str, Mapping[str, float]]:
    raise NoReferenceError("there is no earlier run to compare with")


@dataclass(frozen=True)
class Target:
    """The files of an output that match a pattern, in order.

    ``refer`` finds the files that a rule compares with, ``second_run`` those of the step's second run, ``metrics`` the
    numbers that a baseline (without a name, the newest earlier run) had of these files, and what it is called.
    ``show`` makes an example of a value, ``interpreter`` is the Python that models are loaded with. Every question
    raises UnreadableDataError for a file that is not what its name says.
    """

    files: tuple[Path, ...]
    form: TableFormat = PLAIN
    show: Callable[[Any], str] = masked
    refer: Callable[[str], Target] = _no_reference
    interpreter: str = sys.executable
    second_run: Callable[[], Target] = _no_second_run
    metrics: Callable[[str | None], tuple[str, Mapping[str, float]]] = _no_metrics
    _wanted: set[Measure] = field(default_factory=lambda: {Profile()}, compare=False)
    _found: dict[Measure, Any] = field(default_factory=dict, compare=False)

    def want(self, measure: Measure) -> None:
        """Say in advance what will be asked for, so that one pass can answer it all."""
        self._wanted.add(measure)

    def measured(self, measure: Measure) -> Any:
        """The result of a measure over all files together."""
        if measure not in self._found:
            asked = {*self._wanted, measure} - self._found.keys()
            try:
                self._found.update(take(self.files, self.form, asked))
            except UnreadableDataError as error:
                self._found.update(dict.fromkeys(asked, error))
        found = self._found[measure]
        if isinstance(found, UnreadableDataError):
            raise found
        return found

    @property
    def table(self) -> TableProfile:
        """Rows, columns, nulls and ranges over all files together."""
        profile: TableProfile = self.measured(Profile())
        return profile

    @cached_property
    def documents(self) -> tuple[Any, ...]:
        """Each file as JSON."""
        found = []
        for path in self.files:
            try:
                if path.stat().st_size > LARGEST_DOCUMENT_BYTES:
                    raise UnreadableDataError(f"{printable(path.name)} is too large for one JSON document")
                found.append(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, RecursionError) as error:
                raise UnreadableDataError(f"{printable(path.name)} is not readable JSON: {error}") from error
        return tuple(found)
