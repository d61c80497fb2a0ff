"""Probes on real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cursus_readiness.sampling.portable import PsutilProbe, probe_of
from cursus_readiness.sampling.probe import Probe
from cursus_readiness.sampling.procfs import ProcfsProbe

CHILD = "x = bytearray(40 << 20); print('ready', flush=True); input()"
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


@contextmanager
def a_child(code: str = CHILD) -> Iterator[int]:
    """A process that holds 40 MiB until its standard input is closed."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-S", "-c", code], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process.pid
        finally:
            process.stdin.write(b"\n")
            process.stdin.flush()


@needs_proc
@pytest.mark.parametrize("kind", ["procfs", "psutil"])
def test_a_process_is_seen_with_what_it_holds(kind: str) -> None:
    with a_child() as pid:
        probe: Probe = ProcfsProbe(pid, with_root=True) if kind == "procfs" else PsutilProbe(pid)
        reading = probe.read()
        assert reading
        assert reading.process_count == 1
        assert reading.thread_count >= 1
        assert reading.rss_bytes > 40 << 20
        assert reading.cpu_s >= 0
        shares = probe.read_shares()
        assert shares
        assert shares[0].pss_bytes > 40 << 20
        probe.close()


@needs_proc
def test_a_launcher_is_not_counted_but_its_children_are() -> None:
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {CHILD!r}])"
    with a_child(nested) as pid:
        without, with_root = ProcfsProbe(pid).read(), ProcfsProbe(pid, with_root=True).read()
        assert without
        assert with_root
        assert (without.process_count, with_root.process_count) == (1, 2)


@needs_proc
@pytest.mark.parametrize("kind", ["procfs", "psutil"])
def test_a_process_that_has_ended_has_no_reading(kind: str) -> None:
    with a_child() as pid:
        probe: Probe = ProcfsProbe(pid, with_root=True) if kind == "procfs" else PsutilProbe(pid)
    assert probe.read() is None
    assert not probe.read_shares()


@needs_proc
def test_children_of_every_thread_are_found() -> None:
    start = f"subprocess.run([sys.executable, '-S', '-c', {CHILD!r}])"
    threaded = f"import subprocess, sys, threading; threading.Thread(target=lambda: {start}).start()"
    with a_child(threaded) as pid:
        reading = ProcfsProbe(pid, with_root=True).read()
        assert reading
        assert reading.process_count == 2


@needs_proc
def test_what_a_tree_has_reaped_still_counts() -> None:
    burn = "x = sum(i * i for i in range(3_000_000))"
    reaped = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {burn!r}]); {CHILD}"
    with a_child(reaped) as pid:
        reading = ProcfsProbe(pid, with_root=True).read()
        assert reading
        assert (reading.process_count, reading.cpu_s > 0.05) == (1, True)


@needs_proc
def test_a_process_without_children_has_no_tree_below_it() -> None:
    with a_child() as pid:
        assert ProcfsProbe(pid).read() is None


@needs_proc
def test_two_probes_agree() -> None:
    with a_child() as pid:
        first, second = ProcfsProbe(pid, with_root=True).read(), PsutilProbe(pid).read()
        assert first
        assert second
        assert first.rss_bytes == pytest.approx(second.rss_bytes, rel=0.05)
        assert first.thread_count == second.thread_count


def test_this_process_has_a_probe() -> None:
    reading = probe_of(os.getpid()).read()
    assert reading
    assert reading.process_count >= 1
