"""Describe the tables that steps read and write, in the thread of the step that has ended."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock

from cursus_readiness.clock import Clock
from cursus_readiness.model.job import Job, JobOutput, Packing
from cursus_readiness.model.result import InputRecord, OutputRecord
from cursus_readiness.model.table import TableRecord
from cursus_readiness.objectstore.files import walk_files
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.planning.serving import is_below
from cursus_readiness.rules.profile import Budget, table_records
from cursus_readiness.rules.reading import PLAIN, TableFormat
from cursus_readiness.rules.references import files_of
from cursus_readiness.rules.registry import BoundRule
from cursus_readiness.units import MIB

_LEFT_BYTES, _LEFT_S = 8 * MIB, 1.0  # what is read of a step that failed

Files = list[tuple[str, Path]]


class Profiles:
    """What data of one scenario are like; those that a source served are looked at once, whoever reads them.

    Nothing is read of a folder without tables, and nothing that is in a file makes a step fail: where even looking
    fails, the tables are not known.
    """

    def __init__(self, store: ObjectStore, served: Iterable[str], clock: Clock) -> None:
        """``served`` are the URIs that sources have served into the store."""
        self._store = store
        self._served = tuple(served)
        self._clock = clock
        self._known: dict[str, InputRecord] = {}
        self._lock = Lock()

    def outputs(
        self, job: Job, records: Sequence[OutputRecord], rules: Sequence[BoundRule]
    ) -> tuple[OutputRecord, ...]:
        """The records of the outputs of a step that succeeded, with their tables."""
        budget = Budget(self._clock.monotonic)
        outputs = {item.name: item for item in job.outputs}
        return tuple(
            record.model_copy(update={"tables": self._tables(outputs[record.name], record.file_count, rules, budget)})
            for record in records
        )

    def _tables(
        self, output: JobOutput, file_count: int, rules: Sequence[BoundRule], budget: Budget
    ) -> tuple[TableRecord, ...] | None:
        path = self._store.path_of(output.uri)
        if not file_count or output.packing is not Packing.NONE or not path.is_dir():
            return ()
        try:
            return table_records(_listed(path), _forms(output, rules, self._store), budget)
        except Exception:  # noqa: BLE001 - describing data must not cost the result of the step that wrote them
            return None

    def left_behind(self, job: Job, root: Path) -> tuple[OutputRecord, ...]:
        """What lies in the output folders of a step that failed: those that are not empty."""
        budget = Budget(self._clock.monotonic, left_bytes=_LEFT_BYTES, time_s=_LEFT_S)
        found = []
        for output in job.outputs:
            try:
                files = list(_regular_files(root, output.path))
                size = sum(path.lstat().st_size for _, path in files)
                tables = table_records(files, {}, budget) if output.packing is Packing.NONE else ()
            except Exception:  # noqa: BLE001, S112 - why the step failed is what matters
                continue
            if files:
                fields = {"name": output.name, "uri": output.uri, "file_count": len(files), "size_bytes": size}
                found.append(OutputRecord.model_validate({**fields, "tables": tables}))
        return tuple(found)

    def inputs(self, job: Job) -> tuple[InputRecord, ...]:
        """What a step was given, without its code."""
        return tuple(self._input(item.name, item.uri) for item in job.inputs if not item.is_code)

    def _input(self, name: str, uri: str) -> InputRecord:
        if not any(is_below(uri, served) or is_below(served, uri) for served in self._served):
            return InputRecord(name=name, uri=uri)
        with self._lock:
            if uri not in self._known:
                self._known[uri] = self._describe(uri)
            return self._known[uri].model_copy(update={"name": name})

    def _describe(self, uri: str) -> InputRecord:
        path = self._store.path_of(uri)
        try:
            files = [(path.name, path)] if path.is_file() else _listed(path) if path.is_dir() else []
            size = sum(file.stat().st_size for _, file in files)
            tables = table_records(files, {}, Budget(self._clock.monotonic))
        except Exception:  # noqa: BLE001 - describing data must not cost the result of the step that reads them
            return InputRecord(name="", uri=uri)
        return InputRecord(name="", uri=uri, file_count=len(files), size_bytes=size, tables=tables)


def _forms(output: JobOutput, rules: Sequence[BoundRule], store: ObjectStore) -> dict[Path, TableFormat]:
    """How the files of an output are written, of those that a rule says it of."""
    forms: dict[Path, TableFormat] = {}
    for rule in rules:
        if rule.output == output.name and rule.settings.form != PLAIN:
            forms |= dict.fromkeys(files_of(output, rule.pattern, store), rule.settings.form)
    return forms


def _listed(folder: Path) -> Files:
    return [(file.relative_to(folder).as_posix(), file) for file in walk_files(folder)]


def _regular_files(root: Path, path: str) -> Iterator[tuple[str, Path]]:
    """Regular files in a folder of a step's root, where links may lead anywhere and pipes wait for ever."""
    folder = root / path.lstrip("/")
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root)):
        return
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            file = Path(place) / name
            if stat.S_ISREG(file.lstat().st_mode):
                yield file.relative_to(folder).as_posix(), file
