"""What a step tries against the machine, the launcher and the steps after it: none of it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import processing, write_pipeline

pytestmark = [pytest.mark.slow, pytest.mark.own_root]

TRIES = """
import ctypes, json, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    done = getattr(libc, name)(*arguments)
    return os.strerror(ctypes.get_errno()) if done == -1 else "done"
def reach(path, how="r"):
    try:
        open(path, how).close()
    except OSError as error:
        return error.strerror
    return "done"
def climb():
    os.mkdir("/tmp/jail")
    up = os.open("/", os.O_RDONLY)
    os.chroot("/tmp/jail")
    os.fchdir(up)
    for _ in range(50):
        os.chdir("..")
    os.chroot(".")
    return os.path.exists(MACHINE)
found = {
    "mount": call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "umount": call("umount2", b"/proc/sys", 2),
    "remount": call("mount", None, b"/usr", None, 0x20 | 0x1000, None),
    "clock": call("clock_settime", 0, (ctypes.c_long * 2)(int(time.time()), 0)),
    "trace": call("ptrace", 16, 1, None, None),
    "setns": reach("/proc/1/ns/mnt"),
    "root of the launcher": reach("/proc/1/root/etc/hostname"),
    "memory of the launcher": reach("/proc/1/mem", "r+b"),
    "kernel settings": reach("/proc/sys/kernel/hostname", "w"),
    "keyboard of the kernel": reach("/proc/sysrq-trigger", "w"),
    "hostname": call("sethostname", b"mine", 4),
    "reboot": call("reboot", 0),
    "disks": sorted(name for name in os.listdir("/dev") if name.startswith(("vd", "sd", "nvme", "loop"))),
}
try:
    os.mknod("/tmp/disk", 0o60600, os.makedev(253, 0))
    found["own device"] = reach("/tmp/disk")
except OSError as error:
    found["own device"] = error.strerror
found["climbed out"] = climb()
print(json.dumps(found))
"""


def command_for(user: str, tmp_path: Path, repository: Path) -> list[str]:
    """How a run is started: as root, or as somebody who has no rights at all."""
    run = [sys.executable, "-m", "cursus_readiness", "run"]
    if user == "root":
        return run
    return [sys.executable, f"{repository}/tests/elsewhere.py", str(tmp_path), "65534", "missing", "allowed", *run]


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_step_gets_hold_of_nothing(tmp_path: Path, repository: Path, user: str) -> None:
    script = TRIES.replace("MACHINE", repr(str(tmp_path)))
    scenario = write_pipeline(tmp_path, [processing("Try", "try.py")], {"try.py": script})
    out = tmp_path / "work/reports"
    command = [*command_for(user, tmp_path, repository), str(scenario), "--out", str(out)]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    found = json.loads(next(out.glob("2*/pipeline/Try/stdout.log")).read_text(encoding="utf-8"))
    refused = {"Operation not permitted", "Permission denied", "Read-only file system", "No such process"}
    refused.add("No such file or directory")  # not every kernel has all of them
    assert {name: said for name, said in found.items() if isinstance(said, str) and said not in refused} == {}
    assert (found["disks"], found["climbed out"]) == ([], False)


LEAVE = """
import ctypes, os
libc = ctypes.CDLL(None)
assert libc.shmget(4711, 4096, 0o1600) >= 0
os.makedirs("/dev/shm/deep/deeper")
open("/dev/shm/deep/left", "w").write("x")
os.rename("/opt", "/opt-was-here")
"""
LOOK = """
import ctypes, os
libc = ctypes.CDLL(None)
assert libc.shmget(4711, 4096, 0) == -1
assert os.listdir("/dev/shm") == [], os.listdir("/dev/shm")
assert os.path.isdir("/usr/lib") and os.listdir("/usr/lib")
assert "opt-was-here" not in os.listdir("/")
"""


def test_shared_memory_ends_with_the_step_that_made_it(tmp_path: Path) -> None:
    from cursus_readiness import workflow

    steps = [
        processing("Before", "look.py"),
        processing("Leave", "leave.py", depends_on=["Before"]),
        processing("Look", "look.py", depends_on=["Leave"]),
    ]
    scenario = write_pipeline(tmp_path, steps, {"leave.py": LEAVE, "look.py": LOOK})
    result = workflow.run(scenario, tmp_path / "reports").report.scenarios[0]
    assert result.success, [step.reason for step in result.steps]
