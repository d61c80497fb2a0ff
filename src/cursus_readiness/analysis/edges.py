"""Which step reads what another has written, or a source has served. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.result import InputRecord, OutputRecord, StepResult
from cursus_readiness.model.table import TableRecord
from cursus_readiness.planning.serving import is_below, prefixes_above


@dataclass(frozen=True, slots=True)
class Edge:
    """A step reads ``read``: an output of an earlier ``step``, or (``None``) what a source has served.

    ``below`` is the part of the output that it reads, a path that ends with a slash; all of it where it is empty.
    """

    consumer: StepResult
    read: InputRecord
    step: StepResult | None = None
    output: OutputRecord | None = None
    source: str = ""
    below: str = ""

    @property
    def tables(self) -> tuple[TableRecord, ...] | None:
        """The tables that go this way; ``None`` when nobody looked."""
        return self.part_of(self.output.tables if self.output else self.read.tables)

    def part_of(self, tables: Sequence[TableRecord] | None) -> tuple[TableRecord, ...] | None:
        """Those of the output's tables that are read."""
        return None if tables is None else tuple(table for table in tables if self.covers(table.path))

    def covers(self, path: str) -> bool:
        """Whether a table of the output is among what is read."""
        return not self.below or f"{path}/".startswith(self.below)


def find_edges(plan: Plan, steps: Sequence[StepResult]) -> list[Edge]:
    """All edges, in the order of their consumers; of steps that were not started, as far as the plan tells."""
    written = _Written()
    planned = {step.name: step for step in plan.steps}
    edges: list[Edge] = []
    for step in steps:
        job = planned[step.step_name].job
        inputs: Iterable[InputRecord] = step.inputs
        outputs: Iterable[OutputRecord] = step.outputs
        if job and not step.inputs:
            known = [item for item in job.inputs if not item.is_code and not is_late(item.uri)]
            inputs = [InputRecord(name=item.name, uri=item.uri) for item in known]
        if job and not step.outputs:
            named = [item for item in job.outputs if not is_late(item.uri)]
            outputs = [OutputRecord(name=item.name, uri=item.uri, file_count=0, size_bytes=0) for item in named]
        for read in inputs:
            found = [
                Edge(step, read, producer, output, below=_below(read.uri, output.uri))
                for producer, output in written.touching(read.uri)
            ]
            edges += found or _served(step, read, plan)
        for output in outputs:
            written.add(step, output)
    return edges


def _served(step: StepResult, read: InputRecord, plan: Plan) -> Iterator[Edge]:
    """An edge from what serves an input, where something is known to."""
    sources = [
        item.binding.source
        for item in plan.served
        if not item.is_for_scripts and (is_below(read.uri, item.uri) or is_below(item.uri, read.uri))
    ]
    if sources or read.file_count is not None:
        yield Edge(step, read, source=", ".join(dict.fromkeys(sources)))


def _below(uri: str, output_uri: str) -> str:
    inner = uri.rstrip("/").removeprefix(output_uri.rstrip("/")).strip("/")
    return f"{inner}/" if inner and is_below(uri, output_uri) else ""


class _Written:
    """Outputs by where they are, asked in constant time: pipelines have a thousand steps."""

    def __init__(self) -> None:
        self._at: dict[str, list[tuple[StepResult, OutputRecord]]] = defaultdict(list)
        self._under: dict[str, list[tuple[StepResult, OutputRecord]]] = defaultdict(list)

    def add(self, step: StepResult, output: OutputRecord) -> None:
        uri = output.uri.rstrip("/")
        self._at[uri].append((step, output))
        for prefix in prefixes_above(uri):
            self._under[prefix].append((step, output))

    def touching(self, uri: str) -> Iterator[tuple[StepResult, OutputRecord]]:
        uri = uri.rstrip("/")
        for place in (uri, *prefixes_above(uri)):
            yield from self._at.get(place, ())
        yield from self._under.get(uri, ())
