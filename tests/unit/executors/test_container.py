"""What an engine is told of a step, and what is made of engines that do not do their part."""

from __future__ import annotations

import csv
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.clock import SystemClock
from cursus_readiness.environments.container import ContainerEnvironment
from cursus_readiness.environments.engines import Engine
from cursus_readiness.errors import CannotRunError
from cursus_readiness.executors.base import Assignment, Execution, StopRequest
from cursus_readiness.executors.container import ContainerExecutor
from cursus_readiness.executors.container_command import create_command, hand_back_command, own_folders
from cursus_readiness.executors.disk import SharedDisk
from cursus_readiness.executors.dispatch import Dispatcher
from cursus_readiness.model.job import Job
from cursus_readiness.model.result import StepCause, StepStatus
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sandbox.view import plan_view
from cursus_readiness.units import MIB
from engines import FakeEngine


def assignment(root: Path, engine: Engine | None = None, **changes: Any) -> Assignment:
    (root / "opt/ml/output").mkdir(parents=True, exist_ok=True)
    (root / "opt/ml/file").touch()
    (root / "home/readiness").mkdir(parents=True, exist_ok=True)
    job = Job(
        step_name="S",
        step_type="Processing",
        command=("x",),
        working_directory="/",
        environment={},
        files={"/opt/ml/output/config.json": "", "/home/readiness/.aws/config": ""},
    )
    fields: dict[str, Any] = {
        "job": job,
        "root": root,
        "view": plan_view(),
        "shown": (),
        "folders": ("/opt/ml/output", "/data", "/data/below", "/tmp/in"),
        "argv": (sys.executable, "-c", "print('out')"),
        "environment": {"A": "1\n2 = '3'"},
        "stdout": root / "stdout.log",
        "stderr": root / "stderr.log",
        "memory_limit_bytes": 64 * MIB,
        "time_limit_s": 60.0,
        "disk": SharedDisk(root, None),
        "container": ContainerEnvironment(engine, "feedbeef", "") if engine else None,
    }
    return Assignment(**{**fields, **changes})


def execute(tmp_path: Path, answers: dict[str, Any] | None = None, **changes: Any) -> tuple[Execution, FakeEngine]:
    fake = FakeEngine(tmp_path / "engine", "docker", answers or {}, **changes.pop("engine", {}))
    asked = assignment(tmp_path / "root", Engine("docker", str(fake.program), "28.0"), **changes)
    return ContainerExecutor(SystemClock(), "run-1", StopRequest()).execute(asked), fake


def test_a_container_that_is_to_have_no_network_is_never_made(tmp_path: Path) -> None:
    endpoint = S3Endpoint(ObjectStore(tmp_path / "s3"))
    execution, fake = execute(tmp_path, reaches_only=endpoint)
    assert (execution.status, execution.cause) == (StepStatus.FAILED, StepCause.NOT_STARTED)
    assert "it is to have no network, but in a container" in (execution.reason or "")
    [finding] = execution.findings
    assert (finding.id, finding.step) == ("network-not-closed", "S")
    assert {command[0] for command in fake.told}.isdisjoint({"create", "start"})


def test_a_container_gets_exactly_what_the_step_is_given(tmp_path: Path) -> None:
    command = create_command(assignment(tmp_path, argv=("python3", "a.py", "two words")), "feed", name="n", run_id="r")
    pairs = list(pairwise(command))
    limit = str(64 * MIB)
    expected = {
        "--label": "cursus-readiness.run=r",
        "--network": "host",
        "--user": "0:0",
        "--workdir": "/",
        "--memory": limit,
        "--memory-swap": limit,
        "--env": "A=1\n2 = '3'",
        "--entrypoint": "python3",
    }
    assert set(expected.items()) <= set(pairs)
    assert command[-4:] == ["python3", "feed", "a.py", "two words"]
    mounts = [value for name, value in pairs if name == "--mount"]
    assert [mount.rpartition("target=")[2] for mount in mounts] == [
        "/data", "/home/readiness", "/opt/ml/output", "/tmp/in"
    ]  # fmt: skip
    assert mounts[0] == f"type=bind,source={tmp_path}/data,target=/data"


@given(st.lists(st.sampled_from(["a", "b", 'x,"y', "c d"]), min_size=1, max_size=3))
def test_every_folder_is_mounted_once_whatever_its_name(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    root = tmp_path_factory.getbasetemp() / "named"
    folders = tuple("/" + "/".join(parts[:end]) for end in range(1, len(parts) + 1))
    asked = assignment(root, folders=folders)
    command = hand_back_command(asked, "feed", "7:8")
    mounts = [value for name, value in pairwise(command) if name == "--mount"]
    targets = [next(csv.reader([mount]))[2] for mount in mounts]
    assert targets == [f"target={folder}" for folder in own_folders(asked)]
    assert folders[0] in own_folders(asked)
    assert not set(folders[1:]) & set(own_folders(asked))
    assert command[-len(targets) - 3 : -len(targets)] == ["-R", "-h", "7:8"]


def test_output_and_end_are_those_of_the_container_and_it_is_removed(tmp_path: Path) -> None:
    execution, fake = execute(tmp_path)
    assert (execution.status, execution.exit_code, execution.wall_s) == (StepStatus.SUCCEEDED, 0, 2.0)
    assert (tmp_path / "root/stdout.log").read_text(encoding="utf-8") == "out\n"
    assert execution.isolation == "container (docker 28.0), this machine's network"
    assert execution.usage.peak_memory_bytes is None
    assert fake.told[-1][:3] == ["rm", "--force", "--volumes"]
    assert fake.told[-1][3] == fake.told[0][2]


def test_what_cannot_be_seen_is_not_measured_and_said(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import time; time.sleep(0.5)")
    execution, _ = execute(tmp_path, argv=argv, engine={"pid": os.getpid()})
    assert execution.status is StepStatus.SUCCEEDED
    assert (execution.usage.sample_count, execution.usage.cpu_s, execution.usage.peak_memory_bytes) == (0, None, None)
    assert [finding.id for finding in execution.findings] == ["hidden-container"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"create": ["Error: no space", 125]}, "`docker create`: Error: no space"),
        ({"container": ["Cannot connect", 1]}, "`docker container`: Cannot connect"),
    ],
)
def test_an_engine_that_gives_up_ends_the_run_and_not_the_step(
    tmp_path: Path, answers: dict[str, Any], message: str
) -> None:
    execution, _ = execute(tmp_path, answers)
    assert execution.status is StepStatus.INTERRUPTED
    assert isinstance(execution.fatal, CannotRunError)
    assert execution.fatal.message == message
    assert execution.wall_s is None


def test_a_container_that_runs_on_unattended_ends_the_run(tmp_path: Path) -> None:
    execution, fake = execute(tmp_path, engine={"forgets": True})
    assert isinstance(execution.fatal, CannotRunError)
    assert execution.fatal.message == "docker has lost step 'S'"
    assert [told[0] for told in fake.told[-2:]] == ["kill", "rm"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(("stranger", "owner"), [(0, "1234:0"), (100_000, "0:0")])
def test_files_of_others_are_given_back_by_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: int, owner: str
) -> None:
    asked = assignment(tmp_path / "root", folders=())
    for path in [tmp_path / "root", *(tmp_path / "root").rglob("*")]:
        os.chown(path, 1234, 0)
    os.chown(tmp_path / "root/opt/ml/output", stranger, 0)
    assert own_folders(asked)
    monkeypatch.setattr("os.geteuid", lambda: 1234)
    _, fake = execute(tmp_path, folders=())
    given_back = next(told for told in fake.told if told[0] == "run")
    assert given_back[given_back.index("chown") + 1 :] == [
        "feedbeef", "-R", "-h", owner, "/home/readiness", "/opt/ml/output"
    ]  # fmt: skip


def test_a_step_without_a_container_is_no_business_of_its_executor(tmp_path: Path) -> None:
    executor = ContainerExecutor(SystemClock(), "run-1", StopRequest())
    with pytest.raises(ValueError, match="step 'S' has no image"):
        executor.execute(assignment(tmp_path))
    both = Dispatcher(executor, executor)
    assert both.findings == ()
    assert both.root(tmp_path) == tmp_path
