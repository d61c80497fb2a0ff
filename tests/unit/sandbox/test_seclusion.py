"""The namespace of steps that are to have no network, made and entered by children of this process."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from cursus_readiness.sandbox.program import start_program
from cursus_readiness.sandbox.seclusion import Seclusion
from cursus_readiness.sandbox.syscalls import PR_SET_CHILD_SUBREAPER, prctl

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="this process has no user namespace")


@pytest.fixture
def seclusion() -> Iterator[Seclusion]:
    """Of this process, which inherits what is started as process 1 of a launcher does."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield Seclusion()
    prctl(PR_SET_CHILD_SUBREAPER, 0)


def run_shell(seclusion: Seclusion, script: str) -> int:
    pid = seclusion.start(lambda: start_program(("bash", "-c", script), {"PATH": "/usr/bin:/bin"}, (1, 2)))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_port_that_the_machine_uses_is_free_in_there(seclusion: Seclusion) -> None:
    with socket.create_server(("127.0.0.1", 0)) as machines:
        port = machines.getsockname()[1]
        with socket.socket(fileno=seclusion.listen(port)) as listening:
            assert listening.getsockname() == ("127.0.0.1", port)
            assert run_shell(seclusion, f"exec 3<>/dev/tcp/127.0.0.1/{port}") == 0
            listening.accept()[0].close()
        machines.setblocking(False)
        with pytest.raises(BlockingIOError):
            machines.accept()


def test_what_is_started_is_inherited_and_its_exit_code_known(seclusion: Seclusion) -> None:
    assert run_shell(seclusion, "exit 7") == 7


def test_this_process_stays_in_the_machines_network(seclusion: Seclusion) -> None:
    before = os.readlink("/proc/self/ns/net")
    assert run_shell(seclusion, f'test "$(readlink /proc/self/ns/net)" != "{before}"') == 0
    assert os.readlink("/proc/self/ns/net") == before


def test_all_enter_the_same_namespace(seclusion: Seclusion, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        run_shell(seclusion, "readlink /proc/self/ns/net")
    assert len(set(capfd.readouterr().out.split())) == 1


def test_a_port_that_is_taken_in_there_is_refused(seclusion: Seclusion) -> None:
    with socket.socket(fileno=seclusion.listen(4567)), pytest.raises(OSError, match="in use"):
        seclusion.listen(4567)


def test_why_nothing_starts_is_told(seclusion: Seclusion) -> None:
    def start(*argv: str) -> int:
        return seclusion.start(lambda: start_program(argv, {}, ()))

    with pytest.raises(FileNotFoundError, match="not found on the step's PATH"):
        start("no-such-program")
    with pytest.raises(OSError, match="embedded null"):
        start("/bin/true", "\0")


def test_a_child_that_is_killed_is_no_answer(seclusion: Seclusion) -> None:
    def start() -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    with pytest.raises(OSError, match="has ended"):
        seclusion.start(start)
