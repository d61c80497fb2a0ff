"""Probes on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
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


TALKING = """
import os, signal, sys
{setup}
print("ready", flush=True)
for line in sys.stdin:
    if line == "spike\\n":
        held = bytearray(os.urandom(1)) * (200 << 20)
        del held
    elif line == "smaller\\n":
        held = bytearray(os.urandom(1)) * (100 << 20)
        del held
    else:
        break
    print("done", flush=True)
"""


@contextmanager
def a_talking_child(setup: str = "") -> Iterator[tuple[int, Callable[[str], None]]]:
    """A process that has a spike of memory when told to, which is over when ``tell`` returns."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-S", "-c", TALKING.format(setup=setup)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin
        assert stdout
        assert stdout.readline() == "ready\n"

        def tell(word: str) -> None:
            stdin.write(f"{word}\n")
            stdin.flush()
            assert stdout.readline() == "done\n"

        yield process.pid, tell
        stdin.write("end\n")
        stdin.flush()


@needs_proc
@pytest.mark.parametrize(("rearms", "second"), [(True, 100 << 20), (False, 0)], ids=["armed anew", "left alone"])
def test_spikes_between_two_looks_are_found(rearms: bool, second: int) -> None:
    with a_talking_child() as (pid, tell):
        probe = ProcfsProbe(pid, with_root=True, rearms=rearms)
        windows, highest = [], 0
        for word in ("spike", "smaller"):
            assert probe.read()
            tell(word)
            reading = probe.read()
            assert reading
            windows.append(reading.processes[0].window_bytes)
            assert reading.rss_bytes < 60 << 20
            highest = reading.processes[0].highest_bytes
        assert highest >= 200 << 20
        assert 200 << 20 <= windows[0] < 230 << 20
        assert second <= windows[1] < second + (60 << 20)
        probe.close()


@needs_proc
@pytest.mark.parametrize("ignores", [True, False])
def test_a_process_that_ignores_the_end_of_its_children_makes_totals_a_lower_bound(ignores: bool) -> None:
    setup = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)" if ignores else ""
    with a_talking_child(setup) as (pid, _):
        reading = ProcfsProbe(pid, with_root=True).read()
        assert reading
        assert reading.is_cpu_lower_bound is ignores


@needs_proc
def test_forks_have_the_image_of_their_parent_and_other_programs_do_not() -> None:
    setup = "if os.fork() == 0: signal.pause()\nimport subprocess\nother = subprocess.Popen(['sleep', '60'])"
    with a_talking_child(setup) as (pid, _):
        probe = ProcfsProbe(pid, with_root=True)
        reading = probe.read()
        assert reading
        images = [item.image for item in reading.processes]
        assert images[0] is not None
        assert sorted(images.count(image) for image in images) == [1, 2, 2]
        for item in reading.processes[1:]:
            os.kill(item.pid, signal.SIGKILL)


@needs_proc
def test_closing_a_probe_gives_its_descriptors_back() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with a_child() as pid:
        probe = ProcfsProbe(pid, with_root=True)
        probe.read()
        probe.close()
    assert len(os.listdir("/proc/self/fd")) == before
