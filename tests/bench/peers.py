"""Other tools that measure a command: each runs a Python program of ours, and says its peak and CPU seconds.

They live in a virtual environment of their own, made once, where the package index is reachable.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

PACKAGES = ("psrecord", "memory_profiler", "snakemake", "setuptools<81")
INTERVAL_S = 0.1
Said = tuple[float | None, float | None]  # peak in bytes, CPU in seconds
_MB = 1024 * 1024  # all three divide by it


def environment() -> Path | None:
    """The folder of the programs of the peers; ``None`` where they cannot be installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cursus-readiness" / "bench-peers"
    programs = cache / "bin"
    if not (cache / "complete").exists():
        try:
            venv.create(cache, with_pip=True, clear=True)
            install = [str(programs / "python"), "-m", "pip", "install", "--quiet", *PACKAGES]
            subprocess.run(install, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError):
            return None
        (cache / "complete").touch()
    return programs


def psrecord(programs: Path, command: list[str], folder: Path) -> Said:
    """The largest sum of RSS over the tree; CPU per cent, integrated."""
    log = folder / "psrecord.txt"
    _run([programs / "psrecord", " ".join(command), "--include-children", "--interval", INTERVAL_S, "--log", log])
    rows = [[float(value) for value in line.split()] for line in log.read_text().splitlines()[1:]]
    times = [row[0] for row in rows]
    cpu_s = sum(row[1] / 100 * (now - last) for row, now, last in zip(rows[1:], times[1:], times, strict=False))
    return max((row[2] for row in rows), default=0.0) * _MB, cpu_s


def mprof(programs: Path, command: list[str], folder: Path) -> Said:
    """The largest sum of RSS over the tree."""
    log = folder / "mprof.dat"
    base = [programs / "python", programs / "mprof", "run", "--include-children", "--interval", INTERVAL_S]
    _run([*base, "--output", log, *command])
    found = re.findall(r"^MEM ([\d.]+)", log.read_text(), re.MULTILINE)
    return max(map(float, found), default=0.0) * _MB, None


def snakemake(programs: Path, command: list[str], folder: Path) -> Said:
    """``max_rss`` and ``cpu_time`` of its benchmark."""
    shell = " ".join(command)
    rule = f"rule all:\n    benchmark: 'benchmark.tsv'\n    shell: {shell!r}\n"
    (folder / "Snakefile").write_text(rule)
    _run([programs / "snakemake", "--cores", 1, "--quiet", "all", "--forceall", "--directory", folder], cwd=folder)
    with (folder / "benchmark.tsv").open() as file:
        row = next(csv.DictReader(file, delimiter="\t"))
    peak, cpu_s = (None if row[name] in ("-", "NA") else float(row[name]) for name in ("max_rss", "cpu_time"))
    return None if peak is None else peak * _MB, cpu_s


PEERS: dict[str, Callable[[Path, list[str], Path], Said]] = {
    "psrecord": psrecord,
    "mprof": mprof,
    "snakemake": snakemake,
}


def _run(command: list[object], cwd: Path | None = None) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{' '.join(words)}\n{done.stdout[-500:]}{done.stderr[-500:]}\n")
