"""Steps that have /opt/ml to themselves, one after the other, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cursus_readiness import workflow
from cursus_readiness.errors import CannotRunError
from cursus_readiness.health.core_components import CoreComponents
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.result import E2ETestResult, StepStatus
from cursus_readiness.sandbox.client import LauncherClient
from opt_ml import state_of_opt_ml
from pipelines import output_of, processing, write_pipeline


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = state_of_opt_ml()
    yield
    assert state_of_opt_ml() == before


def run(scenario: Path) -> tuple[E2ETestResult, Path]:
    """Run one scenario; its result and the folder that stood for S3."""
    outcome = workflow.run(scenario, scenario.parent / "reports")
    return outcome.report.scenarios[0], outcome.layout.folder / ".work/pipeline/s3"


def statuses(result: E2ETestResult) -> list[str]:
    return [step.status.value for step in result.steps]


def test_a_step_has_its_folders_and_the_results_say_what_it_shared(tmp_path: Path) -> None:
    look = """
import json, os, tempfile
from pathlib import Path
Path("relative.txt").write_text("x")
Path("opt/ml/processing/output/seen/relative.txt").write_text("x")
Path("/opt/ml/processing/output/seen/absolute.txt").write_text("x")
own = [os.getcwd(), str(Path.home()), tempfile.gettempdir()]
seen = {
    "own": own,
    "are writable": [os.access(folder, os.W_OK) for folder in own],
    "really": os.path.realpath("/opt/ml/processing/output/seen"),
    "found": sorted(os.listdir("/opt/ml")),
}
json.dump(seen, open("/opt/ml/processing/output/seen/seen.json", "w"))
"""
    empty = "import os\nassert not os.path.exists('relative.txt')\nassert os.listdir('/opt/ml/processing/input/seen')"
    steps = [
        processing("Look", "look.py", outputs={"seen": "s3://bucket/seen"}),
        processing("Next", "next.py", inputs={"seen": output_of("Look", "seen")}),
    ]
    result, objects = run(write_pipeline(tmp_path, steps, {"look.py": look, "next.py": empty}))
    assert statuses(result) == ["succeeded"] * 2, result.error_details
    seen = json.loads((objects / "bucket/seen/seen.json").read_text(encoding="utf-8"))
    assert {name.partition("/opt/ml/.cursus-readiness/root")[0] for name in seen["own"]} == {""}
    assert seen["are writable"] == [True] * 3
    assert seen["really"] == "/opt/ml/processing/output/seen"
    assert seen["found"] == [".cursus-readiness", "config", "output", "processing"]
    assert result.steps[0].outputs[0].file_count == 3
    isolation = "exclusive: /opt/ml under a lock; root, /tmp and /dev/shm are the machine's"
    assert {step.isolation for step in result.steps} == {isolation}
    [finding] = [item for item in result.findings if item.id != "unknown-image"]
    assert (finding.id, finding.severity.value) == ("shared-machine", "warning")
    assert "unshare: Operation not permitted" in finding.message
    assert "seccomp=unconfined" in (finding.remedy or "")


def test_folders_elsewhere_cannot_be_had_and_fail_their_step(tmp_path: Path) -> None:
    steps = [processing("Tmp", "ok.py", inputs={"data": "s3://bucket/code/"}), processing("Good", "ok.py")]
    steps[0]["Arguments"]["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/tmp/elsewhere"
    result, _ = run(write_pipeline(tmp_path, steps, {"ok.py": ""}))
    assert statuses(result) == ["failed", "succeeded"]
    said = "/tmp/elsewhere is not below /opt/ml, and nothing else can be a step's own on this machine"
    assert (result.steps[0].reason or "").endswith(said)
    assert not Path("/tmp/elsewhere").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        "shutil.rmtree('/opt/ml', ignore_errors=True)",
        "shutil.rmtree('/opt/ml/.cursus-readiness'); open('/opt/ml/.cursus-readiness', 'w')",
        "os.chmod('.', 0)",
        "os.chmod('/opt/ml/processing', 0); os.chmod('/opt/ml', 0o500)",
        "open('/opt/ml/more', 'w'); os.symlink('/etc', '/opt/ml/link')",
        "os.unlink('opt/ml'); os.makedirs('opt/ml/processing/x')",
    ],
)
def test_a_step_after_one_that_spoils_opt_ml_runs_all_the_same(tmp_path: Path, spoil: str) -> None:
    steps = [processing("Spoil", "spoil.py"), processing("Next", "next.py", outputs={"table": "s3://bucket/next"})]
    check = "import os\nassert sorted(os.listdir('/opt/ml')) == ['.cursus-readiness', 'config', 'output', 'processing']"
    result, _ = run(write_pipeline(tmp_path, steps, {"spoil.py": f"import os, shutil\n{spoil}", "next.py": check}))
    assert statuses(result) == ["succeeded"] * 2, result.error_details


def test_an_output_folder_that_a_step_makes_anew_is_collected(tmp_path: Path) -> None:
    script = """
import os, shutil
shutil.rmtree("/opt/ml/processing")
os.makedirs("/opt/ml/processing/output/table")
open("/opt/ml/processing/output/table/rows.csv", "w").write("1")
"""
    steps = [processing("Write", "write.py", outputs={"table": "s3://bucket/table"})]
    result, objects = run(write_pipeline(tmp_path, steps, {"write.py": script}))
    assert statuses(result) == ["succeeded"], result.error_details
    assert (objects / "bucket/table/rows.csv").read_text(encoding="utf-8") == "1"


def test_a_step_that_is_to_have_no_network_is_not_started(tmp_path: Path) -> None:
    steps = [processing("Closed", "closed.py"), processing("Open", "ok.py")]
    scripts = {"closed.py": "print('has run')", "ok.py": ""}
    path = write_pipeline(tmp_path, steps, scripts, steps={"Closed": {"network": False}})
    result, _ = run(path)
    assert statuses(result) == ["failed", "succeeded"]
    closed = result.steps[0]
    assert closed.cause == "not_started"
    assert closed.reason == "not started: it is to have no network, but namespaces are refused"
    assert (closed.wall_s, closed.isolation) == (None, result.steps[1].isolation)
    [finding] = [item for item in result.findings if item.id == "network-not-closed"]
    assert (finding.step, finding.severity.value) == ("Closed", "error")
    assert "seccomp=unconfined" in (finding.remedy or "")


def test_a_program_that_cannot_be_started_leaves_its_folders_for_the_next(tmp_path: Path) -> None:
    steps = [processing("Missing", "ok.py", entrypoint=["no-such-program"]), processing("Good", "ok.py")]
    result, _ = run(write_pipeline(tmp_path, steps, {"ok.py": ""}))
    assert statuses(result) == ["failed", "succeeded"]
    assert result.steps[0].reason == "cannot start 'no-such-program': not found on the step's PATH"


def test_a_second_run_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    scenario = write_pipeline(tmp_path, [processing("A", "a.py")], {"a.py": ""})
    with LauncherClient():
        with pytest.raises(CannotRunError) as refused:
            workflow.run(scenario, tmp_path / "reports")
        assert refused.value.message.endswith(f"another run has it, process {os.getpid()}")
        assert (refused.value.fix or "").endswith("or wait until that run has ended")
    assert run(scenario)[0].steps[0].status is StepStatus.SUCCEEDED


def test_opt_ml_with_something_in_it_is_refused_and_left_alone() -> None:
    is_there = Path("/opt/ml").is_dir()
    theirs = Path("/opt/ml/model/weights")
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs", encoding="utf-8")
    with pytest.raises(CannotRunError, match="it is not empty: model") as refused:
        LauncherClient().__enter__()
    assert (refused.value.fix or "").endswith("or move away what is in /opt/ml")
    assert theirs.read_text(encoding="utf-8") == "theirs"
    assert os.listdir("/opt/ml") == ["model"]
    theirs.unlink()
    theirs.parent.rmdir()
    if not is_there:
        theirs.parent.parent.rmdir()


def test_the_health_check_says_how_steps_run() -> None:
    result = CoreComponents().run()
    assert result.outcome is Outcome.PASS
    assert "exclusive" in result.message
