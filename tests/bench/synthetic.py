"""What a synthetic table costs: drawing and writing it, against writing the same frame with pyarrow.

Each is done in a process of its own, so that the peak of its memory is its own; rounds are interleaved, the ratio is
that of medians of CPU seconds. Run by ``make bench``; names of formats as arguments run those alone.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cursus_readiness.sources.generation.schema import TableSchema
from cursus_readiness.sources.generation.writing import write_table
from cursus_readiness.units import MIB

ROWS = 1_000_000
ROUNDS = 3
FORMATS = ("csv", "parquet", "jsonl", "libsvm")
COMPARED = ("csv", "parquet")  # pyarrow writes no others


def mixed(kind: str) -> TableSchema:
    """Fifty columns of all types, some of them correlated, with gaps, and a label."""
    columns: dict[str, Any] = {"id": {"type": "id", "prefix": "C"}, "session": {"type": "id", "form": "uuid"}}
    columns |= {f"normal_{n}": {"type": "number", "mean": n, "std": 2, "decimals": 3} for n in range(12)}
    columns |= {
        f"skewed_{n}": {"type": "number", "distribution": "lognormal", "median": 9, "sigma": 1} for n in range(6)
    }
    columns |= {f"share_{n}": {"type": "number", "low": 0, "high": 1, "missing_ratio": 0.05} for n in range(6)}
    columns |= {f"count_{n}": {"type": "integer", "distribution": "poisson", "mean": 3} for n in range(6)}
    columns |= {
        f"rank_{n}": {"type": "integer", "distribution": "zipf", "exponent": 1.2, "high": 500} for n in range(2)
    }
    columns |= {f"kind_{n}": {"type": "category", "values": {"a": 5, "bb": 3, "ccc": 2}} for n in range(8)}
    columns |= {f"flag_{n}": {"type": "boolean", "missing_ratio": 0.02} for n in range(3)}
    columns |= {"day": {"type": "date", "low": "2024-01-01", "high": "2025-12-31"}}
    columns |= {"at": {"type": "datetime", "low": "2024-01-01T00:00:00", "high": "2025-12-31T00:00:00"}}
    columns |= {
        "remark": {"type": "text", "least_words": 2, "most_words": 8},
        "market": {"type": "constant", "value": "EU"},
    }
    label = {"name": "label", "weights": {"normal_0": 1.0, "kind_0": {"a": 1.0}}}
    groups = [{"loadings": {f"normal_{n}": 0.7 for n in range(6)}}]
    return TableSchema.model_validate(
        {"rows": ROWS, "format": kind, "columns": columns, "label": label, "correlations": groups}
    )


def main(kinds: list[str]) -> None:
    """Print one line a format."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds or FORMATS:
            costs: dict[str, list[tuple[float, float]]] = {"own": [], "pyarrow": []}
            for _ in range(ROUNDS):
                costs["own"].append(_child("own", kind, folder))
                if kind in COMPARED:
                    costs["pyarrow"].append(_child("pyarrow", kind, folder))
            own_s, peak_mib = (statistics.median(values) for values in zip(*costs["own"], strict=True))
            told = f"{kind:8} {own_s:6.2f} CPU s, peak {peak_mib:4.0f} MiB"
            if costs["pyarrow"]:
                plain_s = statistics.median(cost for cost, _ in costs["pyarrow"])
                told += f", {own_s / plain_s:.2f} x of writing alone ({plain_s:.2f} CPU s)"
            print(told, flush=True)


def _child(what: str, kind: str, folder: str) -> tuple[float, float]:
    command = [sys.executable, __file__, "--child", what, kind, folder]
    return tuple(map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()))  # type: ignore[return-value]


def measure(what: str, kind: str, folder: Path) -> None:
    """Print the CPU seconds of one way, and the peak of this process in MiB.

    The frame that pyarrow writes is read from what was written before, in memory before the clock starts.
    """
    schema = mixed(kind)
    if what == "own":
        before = _cpu_s()
        write_table(schema, folder / kind)
    else:
        source = folder / kind / f"part-00000.{kind}"
        frame = pa.csv.read_csv(source) if kind == "csv" else pa.parquet.read_table(source)
        before = _cpu_s()
        if kind == "csv":
            pa.csv.write_csv(frame, folder / "plain")
        else:
            pa.parquet.write_table(frame, folder / "plain")
    print(_cpu_s() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        measure(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main(sys.argv[1:])
