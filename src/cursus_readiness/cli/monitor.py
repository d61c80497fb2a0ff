"""``readiness monitor-performance``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import subprocess

    from cursus_readiness.api.optimizer import PerformanceOptimizer
    from cursus_readiness.sampling.probe import Probe


def monitor_command(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND ...]", help="A command to run and watch.")
    ] = None,
    *,
    duration: Annotated[
        float | None, typer.Option("--duration", min=0.1, help="Seconds; 60, or until what is watched ends.")
    ] = None,
    pid: Annotated[int | None, typer.Option("--pid", min=1, help="A process to watch, with all it starts.")] = None,
    interval: Annotated[float, typer.Option("--interval", min=0.01, help="Seconds between two looks at most.")] = 0.5,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for performance.html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
) -> None:
    """Watch this machine, a process or a command, and say what could be better."""
    import shlex

    from cursus_readiness.api.optimizer import PerformanceOptimizer  # slow to import
    from cursus_readiness.errors import UsageError

    if pid is not None and not Path(f"/proc/{pid}").is_dir():
        raise UsageError(f"there is no process {pid}", fix="`ps` lists them")
    if command and pid is not None:
        raise UsageError("a process and a command cannot both be watched", fix="leave out --pid or the command")
    child = _started(command, hears_stdout=not as_json) if command else None
    watched = child.pid if child else pid
    name = shlex.join(command) if command else f"process {pid}" if pid is not None else "this machine"
    optimizer = PerformanceOptimizer(watch=_opened(watched), name=name)
    limit_s = duration or (float("inf") if watched is not None else 60.0)
    try:
        optimizer.start_monitoring(interval)
        _wait(optimizer, limit_s, _is_alive(child, pid))
    finally:
        optimizer.stop_monitoring()
        if child is not None and child.poll() is None:
            child.terminate()
    _tell(optimizer, name, out, as_json=as_json)
    if child is not None and child.wait():
        raise typer.Exit(child.returncode if child.returncode > 0 else 128 - child.returncode)


def _started(command: list[str], *, hears_stdout: bool) -> subprocess.Popen[bytes]:
    import subprocess

    from cursus_readiness.errors import UsageError

    try:
        return subprocess.Popen(command, stdout=None if hears_stdout else sys.stderr)
    except OSError as error:
        raise UsageError(
            f"{command[0]} cannot be started: {error.strerror}", fix="name a program, then its arguments"
        ) from error


def _opened(pid: int | None) -> Callable[[], Probe]:
    """What opens the probe."""
    from cursus_readiness.sampling.machine import MachineProbe
    from cursus_readiness.sampling.portable import probe_of

    return MachineProbe if pid is None else lambda: probe_of(pid)


def _is_alive(child: subprocess.Popen[bytes] | None, pid: int | None) -> Callable[[], bool]:
    if child is not None:
        return lambda: child.poll() is None
    return lambda: pid is None or Path(f"/proc/{pid}").is_dir()


def _wait(optimizer: PerformanceOptimizer, limit_s: float, is_alive: Callable[[], bool]) -> None:
    """Until the time is over, what is watched has ended, or somebody has seen enough (Ctrl-C)."""
    import time

    from cursus_readiness.errors import InterruptedRunError

    has_line = sys.stderr.isatty()
    try:
        while is_alive() and (elapsed_s := optimizer.glimpse()[0]) < limit_s:
            if has_line:
                typer.echo(f"\r\x1b[K{_line(optimizer)}", nl=False, err=True)
            time.sleep(min(0.2, max(limit_s - elapsed_s, 0.0)))
    except InterruptedRunError:
        pass  # what was seen until now is what was asked for
    if has_line:
        typer.echo(err=True)


def _line(optimizer: PerformanceOptimizer) -> str:
    from cursus_readiness.units import format_bytes, format_seconds

    elapsed_s, reading, peak = optimizer.glimpse()
    if reading is None:
        return f"{format_seconds(elapsed_s)}  nothing seen yet"
    cpu = f"{format_seconds(reading.cpu_s)} of CPU"
    memory = f"{format_bytes(reading.rss_bytes)}, at most {format_bytes(peak)}"
    return f"{format_seconds(elapsed_s)}  {cpu}  {memory}  {reading.process_count} processes"


def _tell(optimizer: PerformanceOptimizer, name: str, out: Path | None, *, as_json: bool) -> None:
    import json

    from cursus_readiness.errors import CannotRunError, UsageError
    from cursus_readiness.model.result import PerformanceMetrics
    from cursus_readiness.render.monitor import figures, render_monitor
    from cursus_readiness.render.text import measured
    from cursus_readiness.store.writing import write_text

    if optimizer.glimpse()[1] is None:
        raise UsageError(f"{name} ended before it was seen", fix="watch something that runs longer")
    found = optimizer.analyze_performance()
    metrics = PerformanceMetrics(**{key: found[key] for key in PerformanceMetrics.model_fields})
    advice = optimizer.generate_optimization_recommendations()
    if out is not None:
        page = out / "performance.html"
        try:
            write_text(page, render_monitor(name, metrics, found["diagnosis"], optimizer.series(), advice))
        except OSError as error:
            raise CannotRunError(f"cannot write {page}: {error.strerror}", fix="choose another --out") from error
    if as_json:
        plain = {key: measured(value) if isinstance(value, float) else value for key, value in found.items()}
        typer.echo(json.dumps(plain, indent=2, allow_nan=False))
        return
    for key, value in figures(metrics, found["diagnosis"]):
        typer.echo(f"{key:<20}{value}")
    for item in advice:
        typer.echo(f"{item.severity}: {item.description}\n  {item.suggested_action}")
    if out is not None:
        typer.echo(f"report: {page}")
