"""Steps in real containers, where an engine can be used: the contract, limits, and that nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from container_images import IMAGE, usable_engine
from cursus_readiness import workflow
from cursus_readiness.environments.engines import Engine
from cursus_readiness.executors.container_command import LABEL
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.units import MIB
from pipelines import processing, training, write_pipeline

pytestmark = pytest.mark.slow

PREPARE = """
import json, os, pathlib, sys, urllib.request
print("rows:", open("/opt/ml/processing/input/data/rows.csv").read())
print("from stderr", file=sys.stderr)
url = os.environ["AWS_ENDPOINT_URL_S3"]
seen = {
    "argv": sys.argv[1:], "uid": os.getuid(), "cwd": os.getcwd(), "home": os.environ["HOME"], "odd": os.environ["ODD"],
    "machine": os.path.exists(os.environ["MACHINE"]), "config": os.path.isfile(os.environ["AWS_CONFIG_FILE"]),
    "pip": "PYTHONPATH" in os.environ,
    "status": urllib.request.urlopen(url).status, "shell": os.path.exists("/bin/sh"),
}
pathlib.Path("/opt/ml/processing/output/out/seen.json").write_text(json.dumps(seen))
held = bytearray(60 << 20)
total = sum(range(20_000_000))
"""
TRAIN = """
import os, time
assert os.getcwd() == "/opt/ml/code"
lines = open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "seen.json")).read()
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write(lines)
"""
ODD = "a\n'b' \"c\" $d=\\e é"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    found = usable_engine(tmp_path_factory.mktemp("engine"))
    if isinstance(found, str):
        pytest.skip(found)
    made, variables = found
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield made


def left(engine: Engine, reports: Path) -> str:
    """The containers of the one run that is there."""
    run_id = next(reports.glob("2*")).name
    return engine.ask("ps", "--all", "--quiet", "--filter", f"label={LABEL}={run_id}")


def run(tmp_path: Path, steps: list[dict[str, Any]], scripts: dict[str, str], /, **scenario: Any) -> E2ETestResult:
    environment = {"kind": "container", "image": IMAGE}
    path = write_pipeline(tmp_path, steps, scripts, environment=environment, **scenario)
    return workflow.run(path, tmp_path / "reports").report.scenarios[0]


def test_processing_and_training_have_the_containers_contract(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1,2", encoding="utf-8")
    steps = [
        processing(
            "Prepare",
            "prepare.py",
            inputs={"data": "s3://bucket/rows/rows.csv"},
            outputs={"out": "s3://bucket/out/"},
            arguments=["--text", "two words"],
            environment={"ODD": ODD, "MACHINE": __file__},
        ),
        {**training("Train", "train.py", {"train": "s3://bucket/out/"}), "DependsOn": ["Prepare"]},
    ]
    inputs = {
        "s3://bucket/rows/rows.csv": f"local:{tmp_path}/rows.csv",
        "s3://bucket/code/sourcedir.tar.gz": "local:code/",
        "s3://bucket/code/": "local:code/",
    }
    result = run(tmp_path, steps, {"prepare.py": PREPARE, "train.py": TRAIN}, inputs=inputs)
    assert result.error_details is None
    assert [(step.status, step.reason) for step in result.steps] == [(StepStatus.SUCCEEDED, None)] * 2
    prepare, train = result.steps
    folder = next((tmp_path / "reports").glob("2*")) / "pipeline"
    assert "rows: 1,2" in (folder / "Prepare/stdout.log").read_text(encoding="utf-8")
    assert (folder / "Prepare/stderr.log").read_text(encoding="utf-8").splitlines()[-1] == "from stderr"
    seen = json.loads(next(folder.parent.glob(".work/pipeline/s3/bucket/out/seen.json")).read_text(encoding="utf-8"))
    assert seen == {
        "argv": ["--text", "two words"],
        "uid": 0,
        "cwd": "/",
        "home": "/root",
        "machine": False,
        "odd": ODD,
        "config": True,
        "pip": False,
        "status": 200,
        "shell": True,
    }
    assert next(folder.parent.glob(".work/pipeline/s3/bucket/models/**/model.tar.gz")).stat().st_size > 0
    assert prepare.isolation == f"container ({engine}), this machine's network"
    assert str(prepare.environment).startswith(f"container: {engine}, {IMAGE}@sha256:")
    assert prepare.usage.peak_memory_bytes is not None
    assert 60 * MIB < prepare.usage.peak_memory_bytes < 120 * MIB
    assert prepare.usage.cpu_s is not None
    assert prepare.wall_s is not None
    assert 0.1 < prepare.usage.cpu_s <= prepare.wall_s + 0.1
    assert train.exit_code == 0
    assert [finding.id for finding in result.findings if finding.step == "Train"] == ["not-examined"]
    assert left(engine, tmp_path / "reports") == ""


ENDS = {
    "Fails": "import sys\nprint('no rows', file=sys.stderr)\nsys.exit(7)",
    "Grows": "held = []\nwhile True: held.append(bytearray(4 << 20))",
    "Hangs": "import time\ntime.sleep(600)",
    "Missing": "",
    "Killed": "import os\nopen('/opt/ml/output/message', 'w').write('by itself')\nos._exit(137)",
}


def test_every_end_is_told_and_leaves_nothing(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_readiness.sandbox.grace.INTERRUPT_GRACE_S", 0.5)
    monkeypatch.setattr("cursus_readiness.sandbox.grace.TERMINATE_GRACE_S", 0.5)
    entrypoint = {"Missing": ["no-such-program"]}
    steps = [processing(name, f"{name}.py", entrypoint=entrypoint.get(name)) for name in ENDS]
    scripts = {f"{name}.py": text for name, text in ENDS.items()}
    limits = {"Hangs": {"timeout_minutes": 0.05}, "Grows": {"memory_limit_gb": 0.05}}
    result = run(tmp_path, steps, scripts, steps=limits, memory_limit_gb=0.25)
    found = {step.step_name: step for step in result.steps}
    assert (found["Fails"].status, found["Fails"].exit_code) == (StepStatus.FAILED, 7)
    assert found["Fails"].reason == "exit code 7: no rows"
    assert (found["Grows"].status, found["Grows"].exit_code) == (StepStatus.OUT_OF_MEMORY, 137)
    assert found["Grows"].reason == "killed by the kernel at its memory limit of 51.2 MiB"
    assert (found["Hangs"].status, found["Hangs"].reason) == (
        StepStatus.TIMED_OUT,
        "stopped at its time limit of 3.0 s",
    )
    assert found["Hangs"].usage.peak_memory_bytes
    assert found["Missing"].status is StepStatus.FAILED
    assert found["Missing"].exit_code is None
    assert "no-such-program" in str(found["Missing"].reason)
    assert (found["Killed"].status, found["Killed"].reason) == (StepStatus.FAILED, "exit code 137: by itself")
    assert left(engine, tmp_path / "reports") == ""


def test_an_interrupted_run_leaves_no_container(engine: Engine, tmp_path: Path) -> None:
    script = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    script += "print('up', flush=True)\ntime.sleep(600)"
    path = write_pipeline(
        tmp_path, [processing("S", "s.py")], {"s.py": script}, environment={"kind": "container", "image": IMAGE}
    )
    reports = tmp_path / "reports"
    command = [sys.executable, "-m", "cursus_readiness", "run", str(path), "--out", str(reports)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while running.poll() is None and not any(
        log.read_text(encoding="utf-8") for log in reports.glob("2*/pipeline/S/stdout.log")
    ):
        os.sched_yield()
    assert running.poll() is None, running.communicate()[0]
    assert left(engine, reports)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[0]
    assert running.returncode == 130, said
    assert left(engine, tmp_path / "reports") == ""


def test_an_image_that_cannot_be_had_is_told_in_the_engines_words(engine: Engine, tmp_path: Path) -> None:
    image = "localhost:1/no/such-image:1"
    path = write_pipeline(
        tmp_path, [processing("S", "s.py")], {"s.py": ""}, environment={"kind": "container", "image": image}
    )
    result = workflow.run(path, tmp_path / "reports").report.scenarios[0]
    assert result.problem == "cannot_run"
    assert f"image '{image}' is not here, and `{engine.name} pull`: " in str(result.error_details)
    assert f"{engine.name} login" in str(result.error_details)
