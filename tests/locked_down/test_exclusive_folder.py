"""The launcher's side in this process, where it can be looked at (and its coverage be measured)."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness.sandbox.exclusive import ExclusiveFolder, RefusedError
from cursus_readiness.sandbox.launcher import Launcher
from cursus_readiness.sandbox.messages import Inbox, encode
from cursus_readiness.sandbox.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from opt_ml import state_of_opt_ml

ROOT = Path("/opt/ml/.cursus-readiness/root")


@pytest.fixture
def folder() -> Iterator[ExclusiveFolder]:
    before = state_of_opt_ml()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    held = ExclusiveFolder()
    yield held
    held.end()
    prctl(PR_SET_CHILD_SUBREAPER, 0)
    assert state_of_opt_ml() == before


def launch(folder: ExclusiveFolder, tmp_path: Path, script: str, **more: Any) -> dict[str, Any]:
    """Run a shell script as a step with an output folder; how it ended."""
    (ROOT / "opt/ml/output").mkdir(parents=True, exist_ok=True)
    (ROOT / "home/readiness").mkdir(parents=True, exist_ok=True)
    spec = {
        "root": str(ROOT),
        "folders": ("/opt/ml/output",),
        "argv": ("sh", "-c", script),
        "env": {"PATH": "/usr/bin:/bin", "HOME": "/home/readiness"},
        "cwd": "/",
        "memory_limit_bytes": None,
        "time_limit_s": 60.0,
        "interrupt_grace_s": 0.1,
        "terminate_grace_s": 0.1,
        "network": True,
    } | more
    heard: list[dict[str, Any]] = []

    def ask(connection: socket.socket) -> None:
        inbox = Inbox()
        with (tmp_path / "stdout").open("ab") as out, (tmp_path / "stderr").open("ab") as err:
            socket.send_fds(connection, [encode({"start": spec})], [out.fileno(), err.fileno()])
        while (message := inbox.next()) is None:
            inbox.add(connection.recv(1 << 16))
        heard.append(message)
        connection.shutdown(socket.SHUT_WR)

    ours, theirs = socket.socketpair()
    with ours, theirs:
        tool = threading.Thread(target=ask, args=(ours,))
        tool.start()
        Launcher(os.dup(theirs.fileno()), folder).run()  # in the main thread, whose children orphans become
        tool.join()
    ended: dict[str, Any] = heard[0]["ended"]
    return ended


def test_what_a_step_writes_lies_below_its_root_afterwards(folder: ExclusiveFolder, tmp_path: Path) -> None:
    script = "echo 1 > /opt/ml/output/rows; echo 2 > relative; echo 3 > ~/own; (sleep 600 &); exit 3"
    ended = launch(folder, tmp_path, script)
    assert (ended["exit_code"], ended["signal"]) == (3, None)
    written = ("opt/ml/output/rows", "relative", "home/readiness/own")
    assert [(ROOT / name).read_text(encoding="utf-8").strip() for name in written] == ["1", "2", "3"]
    assert os.listdir("/opt/ml") == [".cursus-readiness"]


def test_there_is_no_loopback_interface_but_the_machines(folder: ExclusiveFolder) -> None:
    with pytest.raises(PermissionError, match="namespaces are refused"):
        folder.listen(4567)


def test_a_step_that_cannot_be_started_says_why(folder: ExclusiveFolder, tmp_path: Path) -> None:
    outside = launch(folder, tmp_path, "", folders=("/opt/ml/output", "/opt/mlx"))
    assert "/opt/mlx is not below /opt/ml" in outside["error"]
    missing = launch(folder, tmp_path, "", argv=("no-such-program",))
    assert missing["error"] == "cannot start 'no-such-program': not found on the step's PATH"
    assert launch(folder, tmp_path, "true")["exit_code"] == 0


@pytest.mark.parametrize(
    "spoil",
    [
        "rm -rf /opt/ml",
        "chmod 0 /opt/ml/output; chmod 500 /opt/ml",
        "rm -rf /opt/ml/.cursus-readiness; echo > /opt/ml/.cursus-readiness",
        "rm opt/ml; mkdir -p opt/ml/output/mine",
    ],
)
def test_whatever_a_step_does_to_its_folders_is_undone(folder: ExclusiveFolder, tmp_path: Path, spoil: str) -> None:
    launch(folder, tmp_path, spoil)
    assert os.listdir("/opt/ml") == [".cursus-readiness"]
    assert launch(folder, tmp_path, "echo 1 > /opt/ml/output/rows")["exit_code"] == 0


def test_it_is_one_holders_alone(folder: ExclusiveFolder) -> None:
    with pytest.raises(RefusedError, match=f"another run has it, process {os.getppid()}"):
        ExclusiveFolder()


def test_what_a_dead_run_has_placed_is_cleared_away_and_nothing_else() -> None:
    before = state_of_opt_ml()
    for name in (".cursus-readiness/placed/model", "model/of-the-dead-run", "theirs"):
        Path("/opt/ml", name).mkdir(parents=True)
    if before is None:
        Path("/opt/ml/.cursus-readiness/was-missing").touch()
    with pytest.raises(RefusedError, match="it is not empty: theirs"):
        ExclusiveFolder()
    assert os.listdir("/opt/ml") == ["theirs"]
    Path("/opt/ml/theirs").rmdir()
    if before is None:
        Path("/opt/ml").rmdir()
    assert state_of_opt_ml() == before
