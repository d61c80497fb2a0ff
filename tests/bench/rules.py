"""What simple rules cost on one large table, as CSV and as Parquet, against one plain pass of pyarrow over it.

Each pass has a process of its own; rounds are interleaved, the ratio is that of the medians. The bars: at most twice
the time, and 600 MiB of memory however large the file is. Run by ``make bench``; ``--mb 1000`` for a gigabyte.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROUNDS = 3
MOST_RATIO = 2.0
MOST_MIB = 600
_ROWS = 100_000
RULES: dict[str, Any] = {
    "row_count": ">= 1",
    "columns": ["id", "age", "amount", "score", "plan", "churned"],
    "dtypes": {"id": "string", "age": "integer", "amount": "number"},
    "nulls": {"*": 0},
    "value_range": {"age": [0, 120], "score": [0, 1]},
}


def write_tables(folder: Path, size_bytes: int) -> None:
    """The same table as ``t.csv`` of about that size, and as ``t.parquet``; the same bytes each time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    random = np.random.default_rng(7)
    csv = folder / "csv" / "t.csv"
    parquet = folder / "parquet" / "t.parquet"
    for path in (csv, parquet):
        path.parent.mkdir()
    rows, table = 0, _draw(random, 0)
    with pa.csv.CSVWriter(csv, table.schema) as lines, pa.parquet.ParquetWriter(parquet, table.schema) as groups:
        while csv.stat().st_size < size_bytes:
            lines.write_table(table)
            groups.write_table(table)
            rows += len(table)
            table = _draw(random, rows)


def _draw(random: Any, first: int) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.table(
        {
            "id": np.char.add("C", np.arange(first, first + _ROWS).astype(str)),
            "age": random.integers(18, 90, _ROWS),
            "amount": np.round(random.gamma(2.0, 40.0, _ROWS), 4),
            "score": random.random(_ROWS),
            "plan": random.choice(np.array(["basic", "plus", "pro"]), _ROWS),
            "churned": random.integers(0, 2, _ROWS),
        }
    )


def plain(path: Path) -> None:
    """One pass of pyarrow that keeps nothing."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    batches = pa.csv.open_csv(path) if path.suffix == ".csv" else pa.parquet.ParquetFile(path).iter_batches()
    for _ in batches:
        pass


def judged(path: Path) -> None:
    """The rules, as a run judges them."""
    from cursus_readiness.model.job import Job, JobOutput
    from cursus_readiness.objectstore.store import ObjectStore
    from cursus_readiness.rules.judging import judge
    from cursus_readiness.rules.registry import RULES as KNOWN
    from cursus_readiness.rules.registry import BoundRule

    output = JobOutput(name="x", uri=f"s3://{path.parent.name}", path="/x")
    job = Job(
        step_name="S", step_type="Processing", command=("x",), working_directory="/", environment={}, outputs=(output,)
    )
    rules = [BoundRule("S", "x", "*", key, KNOWN[key].parse(written)) for key, written in RULES.items()]
    found = judge(job, rules, ObjectStore(path.parents[1]))
    if not all(result.held for result in found):
        raise SystemExit("\n".join(f"{result.rule}: {result.message}" for result in found))


def profiled(path: Path) -> None:
    """What every run tells of the table, within its budget."""
    from cursus_readiness.rules.profile import Budget, table_records

    table_records([(path.name, path)], {}, Budget(time.monotonic))


WAYS = {"plain": plain, "rules": judged, "profile": profiled}


def measure(way: str, path: Path) -> dict[str, float]:
    """Wall seconds and the largest resident memory of a process that goes one way, and does nothing else."""
    command = [sys.executable, str(Path(__file__).resolve()), "--way", way, "--path", str(path)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def go(way: str, path: Path) -> None:
    """Go one way over a file and print what it took, without what is only loaded once."""
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    import cursus_readiness.rules.profile
    import cursus_readiness.rules.registry  # noqa: F401

    started_s = time.monotonic()
    WAYS[way](path)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"wall_s": time.monotonic() - started_s, "peak_mib": peak_bytes / (1 << 20)}))


def rows(folder: Path, rounds: int) -> Iterator[tuple[str, bool]]:
    """A line for each format and way, and whether it keeps the bars."""
    for path in (folder / "csv" / "t.csv", folder / "parquet" / "t.parquet"):
        taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way, found in taken.items():
                found.append(measure(way, path))
        once_s = statistics.median(item["wall_s"] for item in taken["plain"])
        for way, found in taken.items():
            wall_s = statistics.median(item["wall_s"] for item in found)
            peak_mib = max(item["peak_mib"] for item in found)
            is_kept = way == "plain" or (wall_s <= MOST_RATIO * once_s and peak_mib <= MOST_MIB)
            size = f"{path.stat().st_size / 1e6:,.0f} MB"
            yield f"  {path.suffix[1:]:<8} {size:>9} {way:<8} {wall_s / once_s:5.2f}x {peak_mib:6.0f} MiB", is_kept


def main() -> None:
    """Print the table; exit code 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=200, help="size of the CSV file")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    if given.way:
        go(given.way, given.path)
        return
    missed = False
    sys.stdout.write(f"rules on one table, median of {given.rounds} interleaved rounds, x one plain pass\n")
    with tempfile.TemporaryDirectory() as name:
        write_tables(Path(name), int(given.mb * 1e6))
        for line, is_kept in rows(Path(name), given.rounds):
            missed = missed or not is_kept
            sys.stdout.write(line + ("" if is_kept else "   over the bar") + "\n")
            sys.stdout.flush()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
