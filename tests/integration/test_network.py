"""Steps without a network reach the run's own object store and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.report import ReadinessReport, RunSettings
from cursus_readiness.model.result import StepStatus
from pipelines import processing, write_pipeline

pytestmark = [pytest.mark.slow, pytest.mark.own_root]

# Every address is tried with a time limit, so that one that is dropped in silence is told from one that is refused.
LOOK = """
import json, os, socket, sys
from urllib.request import Request, urlopen
port, name, file = sys.argv[1:]

def tried(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__ if error.errno is None else os.strerror(error.errno)
    return "reached"

def abstract():
    socket.socket(socket.AF_UNIX).connect(f"\\0readiness-{port}")

own = socket.create_server(("::1", 0), family=socket.AF_INET6)
seen = {
    "loopback": tried(lambda: socket.create_connection(("127.0.0.1", int(port)), 5)),
    "abstract": tried(abstract),
    "file": tried(lambda: socket.socket(socket.AF_UNIX).connect(file)),
    "outside": tried(lambda: socket.create_connection(("192.0.2.1", 80), 5)),
    "outside, IPv6": tried(lambda: socket.create_connection(("2001:db8::1", 80), 5)),
    "own loopback": tried(lambda: socket.create_connection(own.getsockname()[:2], 5)),
    "interfaces": [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]],
}
try:
    socket.getaddrinfo("example.com", 80)
    seen["name"] = "resolved"
except socket.gaierror as error:
    seen["name"] = {socket.EAI_AGAIN: "no answer"}.get(error.errno, "answered")
store = os.environ["AWS_ENDPOINT_URL"] + "/bucket/seen/"
urlopen(Request(store + name, data=json.dumps(seen).encode(), method="PUT"))
json.loads(urlopen(store + name).read())
"""
CLOSED = {
    "loopback": "Connection refused",
    "abstract": "Connection refused",
    "file": "No such file or directory",
    "outside": "Network is unreachable",
    "outside, IPv6": "Network is unreachable",
    "own loopback": "reached",
    "interfaces": ["lo"],
    "name": "no answer",
}
# Each waits in the store for the other to have come: a test hangs rather than passes when they are not side by side.
MEET = """
import os, sys, time
from urllib.request import Request, urlopen
store = os.environ["AWS_ENDPOINT_URL"] + "/bucket/meeting/"
urlopen(Request(store + sys.argv[2], data=b"here", method="PUT"))
while True:
    try:
        urlopen(store + {"Closed": "Open", "Open": "Closed"}[sys.argv[2]])
        break
    except OSError:
        time.sleep(0.01)
"""
BOTO = """
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="bucket", Key="made/a.txt", Body=b"a")
assert s3.get_object(Bucket="bucket", Key="made/a.txt")["Body"].read() == b"a"
"""


@pytest.fixture
def service() -> Iterator[list[str]]:
    """What listens on this machine: a port, an abstract address that has it in its name, a file below /run."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        port = server.getsockname()[1]
        abstract.bind(f"\0readiness-{port}")
        abstract.listen()
        file = f"/run/readiness-{port}.sock"
        with socket.socket(socket.AF_UNIX) as filed:
            try:
                filed.bind(file)
                filed.listen()
            except PermissionError:  # an ordinary user's tests see less
                file = "/run/nothing"
            yield [str(port), file]
        Path(file).unlink(missing_ok=True)


def looking(service: list[str], *names: str) -> list[dict[str, Any]]:
    return [processing(name, "look.py", arguments=[service[0], name, service[1]]) for name in names]


def run(path: Path, **settings: Any) -> ReadinessReport:
    return workflow.run(path, path.parent / "reports", settings=RunSettings(**settings)).report


def seen_by(reports: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((reports / f"latest/.work/pipeline/s3/bucket/seen/{name}").read_bytes())
    return found


def test_a_step_without_a_network_reaches_the_endpoint_alone_and_is_known_by_what_it_asked(
    tmp_path: Path, service: list[str]
) -> None:
    path = write_pipeline(tmp_path, looking(service, "Closed"), {"look.py": LOOK}, network=False)
    report = run(path)
    step = report.scenarios[0].steps[0]
    assert step.status is StepStatus.SUCCEEDED, step.reason
    assert seen_by(tmp_path / "reports", "Closed") == CLOSED
    assert [(access.operation, access.uri, access.status) for access in step.accesses] == [
        ("PutObject", "s3://bucket/seen/Closed", 200),
        ("GetObject", "s3://bucket/seen/Closed", 200),
    ]
    assert (step.isolation or "").endswith("namespaces, no network")
    assert step.usage.peak_process_count == 1  # what has started it is not measured as a part of it


def test_boto3_finds_the_endpoint_there(tmp_path: Path) -> None:
    path = write_pipeline(tmp_path, [processing("Boto", "boto.py")], {"boto.py": BOTO}, network=False)
    step = run(path).scenarios[0].steps[0]
    assert step.status is StepStatus.SUCCEEDED, step.reason
    assert {access.operation for access in step.accesses} == {"PutObject", "GetObject"}


def test_steps_with_and_without_a_network_follow_each_other(tmp_path: Path, service: list[str]) -> None:
    names = ["Closed", "Open", "ClosedAgain", "OpenAgain"]
    only = {name: {"network": True} for name in names if name.startswith("Open")}
    path = write_pipeline(tmp_path, looking(service, *names), {"look.py": LOOK}, network=False, steps=only)
    steps = run(path).scenarios[0].steps
    assert [step.status for step in steps] == [StepStatus.SUCCEEDED] * 4
    for step in steps:
        seen = seen_by(tmp_path / "reports", step.step_name)
        uris = {access.uri for access in step.accesses}
        assert uris == {f"s3://bucket/seen/{step.step_name}"}
        if step.step_name in only:
            assert (seen["loopback"], seen["abstract"]) == ("reached", "reached")
        else:
            assert seen == CLOSED


def test_steps_with_and_without_a_network_run_side_by_side(tmp_path: Path) -> None:
    steps = [processing(name, "meet.py", arguments=["0", name]) for name in ("Closed", "Open")]
    path = write_pipeline(tmp_path, steps, {"meet.py": MEET}, steps={"Closed": {"network": False}})
    for step in run(path, jobs=2).scenarios[0].steps:
        assert step.status is StepStatus.SUCCEEDED, step.reason
        written = [access.uri for access in step.accesses if access.operation == "PutObject"]
        assert written == [f"s3://bucket/meeting/{step.step_name}"]


def test_scenarios_one_after_the_other_have_each_their_own_store(tmp_path: Path, service: list[str]) -> None:
    for name in ("one", "two"):
        path = write_pipeline(tmp_path / name, looking(service, name), {"look.py": LOOK}, name=name, network=False)
    report = workflow.run(path.parents[1], tmp_path / "reports").report
    assert [step.status for scenario in report.scenarios for step in scenario.steps] == [StepStatus.SUCCEEDED] * 2
    for scenario in report.scenarios:
        uris = {access.uri for access in scenario.steps[0].accesses}
        assert uris == {f"s3://bucket/seen/{scenario.scenario_name}"}


def test_a_step_that_is_tried_again_has_no_network_either(tmp_path: Path, service: list[str]) -> None:
    again = "import os, sys\nprint('tried', flush=True)\nif os.fstat(1).st_size < 10: sys.exit(1)\n"
    path = write_pipeline(tmp_path, looking(service, "Closed"), {"look.py": again + LOOK}, network=False, retries=1)
    step = run(path).scenarios[0].steps[0]
    assert (step.status, step.attempt_count) == (StepStatus.FLAKY, 2)
    assert seen_by(tmp_path / "reports", "Closed") == CLOSED


def test_what_a_step_leaves_running_or_writes_to_run_is_gone_for_the_next(tmp_path: Path) -> None:
    serve = """
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 4567))
open("/run/left", "w").close()
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
"""
    check = """
import os, socket
assert os.listdir("/run") == []
socket.create_server(("127.0.0.1", 4567))
"""
    steps = [processing("Serve", "serve.py"), processing("Check", "check.py")]
    path = write_pipeline(tmp_path, steps, {"serve.py": serve, "check.py": check}, network=False)
    found = run(path).scenarios[0].steps
    assert [(step.status, step.reason) for step in found] == [(StepStatus.SUCCEEDED, None)] * 2


def test_no_step_gets_into_the_machines_network(tmp_path: Path) -> None:
    script = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
for pid in (name for name in os.listdir("/proc") if name.isdigit()):
    try:
        namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    except PermissionError:
        continue
    if os.stat(f"/proc/{pid}/ns/net").st_ino != os.stat("/proc/self/ns/net").st_ino:
        libc.unshare(CLONE_NEWUSER)
        assert libc.setns(namespace, CLONE_NEWNET) != 0, pid
"""
    path = write_pipeline(tmp_path, [processing("S", "s.py")], {"s.py": script}, network=False)
    step = run(path).scenarios[0].steps[0]
    assert step.status is StepStatus.SUCCEEDED, step.reason


def test_a_program_that_cannot_be_started_is_told_as_ever(tmp_path: Path) -> None:
    steps = [processing("Missing", "ok.py", entrypoint=["no-such-program"]), processing("Good", "ok.py")]
    path = write_pipeline(tmp_path, steps, {"ok.py": ""}, network=False)
    missing, good = run(path).scenarios[0].steps
    assert missing.reason == "cannot start 'no-such-program': not found on the step's PATH"
    assert missing.cause == "not_started"
    assert good.status is StepStatus.SUCCEEDED


def test_a_step_that_loses_its_network_is_not_reused(tmp_path: Path) -> None:
    def statuses(**scenario: Any) -> list[str]:
        path = write_pipeline(tmp_path, [processing("S", "s.py")], {"s.py": ""}, **scenario)
        return [step.status.value for step in run(path, is_cached=True).scenarios[0].steps]

    assert statuses() == ["succeeded"]
    assert statuses(network=False) == ["succeeded"]
    assert statuses(steps={"S": {"network": False}}) == ["reused"]


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="giving up rights takes root and setpriv"
)
def test_an_ordinary_users_steps_can_do_without_a_network_too(
    tmp_path: Path, repository: Path, service: list[str]
) -> None:
    steps = looking(service, "Closed", "Open", "ClosedAgain")
    path = write_pipeline(
        tmp_path, steps, {"look.py": LOOK}, network=False, steps={"Open": {"network": True}}, python=sys.executable
    )
    elsewhere = [sys.executable, str(repository / "tests/elsewhere.py"), str(tmp_path), "65534", "missing", "allowed"]
    out = tmp_path / "work/reports"
    command = [sys.executable, "-m", "cursus_readiness", "run", str(path), "--out", str(out)]
    outcome = subprocess.run(
        [*elsewhere, *command], cwd=repository, capture_output=True, text=True, timeout=120, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert seen_by(out, "Closed") == seen_by(out, "ClosedAgain") == CLOSED
    assert seen_by(out, "Open")["loopback"] == "reached"
    report = json.loads((out / "latest/readiness.json").read_text(encoding="utf-8"))
    found = [step["isolation"] for step in report["scenarios"][0]["steps"]]
    assert found[:2] == ["user, mount and PID namespaces, no network", "user, mount and PID namespaces"]
