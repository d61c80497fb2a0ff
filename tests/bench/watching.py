"""Whether what the tool says of memory and CPU is true, and what watching costs; other tools beside it.

Each program runs as the only step of a scenario, through the same code as every step, and under each of the other
tools. The truth is the high-water mark of a memory cgroup in the same run. Run by ``make bench``, from ``tests``; names
of sections as arguments (``memory``, ``cpu``, ``cost``, ``limit``) run those alone.
"""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from unittest import mock

from bench import workloads
from bench.groups import Group, a_group
from bench.peers import PEERS, environment
from cursus_readiness import workflow
from cursus_readiness.executors import subprocess as executor
from cursus_readiness.model.result import StepResult
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sandbox.client import LauncherClient
from cursus_readiness.units import MIB
from pipelines import processing, write_pipeline

ROUNDS = 5
LIMIT_BYTES = 400 * MIB


def run_step(script: str, folder: Path, group: Group | None = None, *, limit_gb: float = 16) -> tuple[StepResult, str]:
    """Run a script as the only step of a scenario; its result and what it printed."""

    class Grouped(LauncherClient):
        def __enter__(self) -> Self:
            super().__enter__()
            if group:
                group.add(self.pid)
            return self

    path = write_pipeline(folder, [processing("S", "s.py")], {"s.py": script}, memory_limit_gb=limit_gb)
    with mock.patch.object(executor, "LauncherClient", Grouped):
        step = workflow.run(path, folder / "reports").report.scenarios[0].steps[0]
    return step, next(folder.glob("reports/2*/pipeline/S/stdout.log")).read_text(encoding="utf-8")


def memory(programs: Path | None) -> Iterator[str]:
    """A row a workload: the true peak, and what was reported divided by it."""
    names = PEERS if programs else ()
    yield f"{'peak memory, reported / true':<38}{'true':>10}  {'this tool':<46}" + _row(names)
    for name, script in workloads.MEMORY.items():
        with a_folder() as folder, a_group() as group:
            step, _ = run_step(script, folder, group)
            if group is None:
                yield f"{name:<38} no memory cgroup to tell the truth"
                continue
            truth, said = group.peak_bytes, step.usage.peak_memory_bytes or 0
        row = f"{name:<38}{truth / MIB:>6.0f} MiB  {said / truth:<6.3f}{step.usage.peak_memory_line:<40}"
        yield row + _row([f"{_peer_peak(peer, script, programs):.2f}" for peer in names])


def cpu(programs: Path | None) -> Iterator[str]:
    """CPU seconds of 1,000 short children against what their parent says."""
    names = PEERS if programs else ()
    with a_folder() as folder:
        step, printed = run_step(workloads.SHORT_CHILDREN, folder)
    ratio = (step.usage.cpu_s or 0.0) / float(printed)
    yield f"{'CPU, reported / true':<38}{'':>10}  {'this tool':<46}" + _row(names)
    row = f"{'1,000 children of 20 ms':<38}{float(printed):>6.1f} s    {ratio:<46.3f}"
    yield row + _row([_peer_cpu(peer, programs) for peer in names])


def cost(programs: Path | None) -> Iterator[str]:
    """Share of a core that watching takes, and how much slower a step that allocates becomes."""
    trees = {
        "10 processes": workloads.SLEEPERS.format(count=9),
        "100 processes": workloads.SLEEPERS.format(count=99),
        "500 processes": workloads.SLEEPERS.format(count=499),
        "5 processes sharing 600 MiB": workloads.SHARING_TREE,
    }
    names = PEERS if programs else ()
    yield f"{'cost of watching, % of a core':<38}{'':>10}  {'this tool':<46}" + _row(names)
    for name, script in trees.items():
        with a_folder() as folder:
            step, _ = run_step(script, folder)
        share = 100 * (step.usage.sampler_cpu_s or 0.0) / (step.wall_s or 1.0)
        row = f"{name:<38}{'':>10}  {share:<6.2f}{f'at {step.usage.cadence_hz:.0f} Hz':<40}"
        yield row + _row([_peer_cost(peer, script, programs) for peer in names])
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for is_watched in (False, True):
            blind = contextlib.nullcontext() if is_watched else mock.patch.object(Sampler, "tick", _do_not_look)
            with a_folder() as folder, blind:
                seconds[is_watched].append(float(run_step(workloads.ALLOCATING, folder)[1]))
    speed = statistics.median(seconds[False]) / statistics.median(seconds[True])
    yield f"speed of a step that allocates 2 GiB, watched / unwatched, medians of {ROUNDS}: {speed:.3f}"


def limit(_: Path | None) -> Iterator[str]:
    """How late a step that touches 1 GiB a second is found to be over its limit."""
    with a_folder() as folder, a_group() as group, mock.patch.dict(os.environ, READINESS_CGROUP="off"):
        step, _printed = run_step(workloads.OVER_A_LIMIT, folder, group, limit_gb=LIMIT_BYTES / (1 << 30))
        if group is not None:
            over = group.peak_bytes - LIMIT_BYTES
            ended = f"{step.status.value}, {over / MIB:+.0f} MiB, {1000 * over / (1 << 30):.0f} ms after crossing"
            yield f"1 GiB/s with a limit of 400 MiB, without a cgroup's: {ended}"


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """A folder for one run."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _do_not_look(sampler: Sampler) -> None:
    sampler.next_due += 1000.0


def _peer_peak(peer: str, script: str, programs: Path | None) -> float:
    with a_folder() as folder, a_group() as group:
        if programs is None or group is None:
            return float("nan")
        (folder / "s.py").write_text(script, encoding="utf-8")
        said, _ = PEERS[peer](programs, group.command(folder / "s.py"), folder)
        return (said or float("nan")) / group.peak_bytes


def _peer_cpu(peer: str, programs: Path | None) -> str:
    with a_folder() as folder:
        if programs is None:
            return "-"
        script, printed = folder / "s.py", folder / "printed"
        script.write_text(f"import sys\nsys.stdout = open({str(printed)!r}, 'w')\n{workloads.SHORT_CHILDREN}")
        _, said = PEERS[peer](programs, [sys.executable, "-S", str(script)], folder)
        return "-" if said is None else f"{said / float(printed.read_text()):.2f}"


def _peer_cost(peer: str, script: str, programs: Path | None) -> str:
    """CPU of the peer and the program, less that of the program alone and of the peer with nothing to do."""
    if programs is None:
        return "-"
    spent = _cpu_s(peer, script, programs) - _cpu_s(None, script, programs) - _cpu_s(peer, "", programs)
    return f"{100 * max(spent, 0.0) / workloads.COST_S:.1f}"


@functools.cache
def _cpu_s(peer: str | None, script: str, programs: Path) -> float:
    with a_folder() as folder:
        (folder / "s.py").write_text(script, encoding="utf-8")
        command = [sys.executable, "-S", str(folder / "s.py")]
        if peer is None:
            return _children_cpu_s(lambda: subprocess.run(command, check=True))
        return _children_cpu_s(lambda: PEERS[peer](programs, command, folder))


def _children_cpu_s(action: Callable[[], Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _row(cells: Any) -> str:
    return "".join(f"{cell:>11}" for cell in cells)


SECTIONS: dict[str, Callable[[Path | None], Iterator[str]]] = {
    "memory": memory,
    "cpu": cpu,
    "cost": cost,
    "limit": limit,
}


def main() -> None:
    """Print the tables."""
    programs = environment()
    if programs is None:
        sys.stdout.write("psrecord, mprof and snakemake are left out: they cannot be installed here\n")
    with a_folder() as folder:
        run_step("", folder)  # imports and caches are not what is measured
    for name in sys.argv[1:] or SECTIONS:
        for line in SECTIONS[name](programs):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
