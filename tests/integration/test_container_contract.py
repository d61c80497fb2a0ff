"""Scripts meet what a container of SageMaker would give them: real processes in their own root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from pipelines import output_of, processing, training, write_pipeline

pytestmark = pytest.mark.slow


def run(scenario: Path) -> tuple[E2ETestResult, Path]:
    """Run one scenario; its result and the run folder."""
    outcome = workflow.run(scenario, scenario.parent / "reports")
    return outcome.report.scenarios[0], outcome.layout.folder


def objects(folder: Path, name: str = "pipeline") -> Path:
    """The folder that stood for S3."""
    return folder / ".work" / name / "s3"


def step_of(result: E2ETestResult, name: str) -> StepResult:
    """One step of a result."""
    return next(step for step in result.steps if step.step_name == name)


def report_of(tmp_path: Path, body: str, **step: Any) -> dict[str, Any]:
    """What a processing script saw: it writes JSON to its output ``seen``."""
    script = (
        "import json, os, sys\n" + body + "\njson.dump(seen, open('/opt/ml/processing/output/seen/seen.json', 'w'))\n"
    )
    steps = [processing("Look", "look.py", outputs={"seen": "s3://bucket/seen"}, **step)]
    result, folder = run(write_pipeline(tmp_path, steps, {"look.py": script}))
    assert result.steps[0].status is StepStatus.SUCCEEDED, result.steps[0].reason
    seen: dict[str, Any] = json.loads((objects(folder) / "bucket" / "seen" / "seen.json").read_text(encoding="utf-8"))
    return seen


@pytest.mark.own_root
def test_a_processing_script_finds_the_folders_and_files_of_the_contract(tmp_path: Path) -> None:
    seen = report_of(
        tmp_path,
        """
seen = {
    "cwd": os.getcwd(),
    "argv": sys.argv[1:],
    "env": dict(os.environ),
    "code": os.listdir("/opt/ml/processing/input/code"),
    "hosts": json.load(open("/opt/ml/config/resourceconfig.json"))["hosts"],
    "job": json.load(open("/opt/ml/config/processingjobconfig.json"))["ProcessingJobName"],
    "stdin": sys.stdin.read(),
}
""",
        arguments=["--job_type", "training"],
        environment={"LABEL_FIELD": "churned", "EMPTY": ""},
    )
    assert seen["cwd"] == "/"
    assert seen["argv"] == ["--job_type", "training"]
    assert seen["env"]["LABEL_FIELD"] == "churned"
    assert seen["env"]["EMPTY"] == ""
    assert not any(name.startswith("SM_") for name in seen["env"])
    assert seen["code"] == ["look.py"]
    assert seen["hosts"] == ["algo-1"]
    assert seen["job"]
    assert seen["stdin"] == ""


def test_nothing_of_the_callers_environment_reaches_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-pass")
    monkeypatch.setenv("SOMETHING_PRIVATE", "do-not-pass")
    seen = report_of(tmp_path, "seen = {'env': dict(os.environ)}")
    assert "do-not-pass" not in seen["env"].values()


@pytest.mark.own_root
def test_a_step_writes_to_root_tmp_and_home_and_the_machine_keeps_its_own(tmp_path: Path) -> None:
    seen = report_of(
        tmp_path,
        """
from pathlib import Path
for folder in ("/", "/tmp", "/var/tmp", "/opt/ml", str(Path.home()), "/dev/shm"):
    Path(folder, "readiness-was-here").write_text("x")
Path("model-in-cwd").mkdir()
failed = []
for folder in ("/usr", "/etc"):
    try:
        Path(folder, "readiness-was-here").write_text("x")
        failed.append(folder)
    except OSError:
        pass
seen = {"home": str(Path.home()), "writable": failed, "pid": os.getpid(), "ppid": os.getppid()}
""",
    )
    assert seen["writable"] == []
    assert seen["pid"] > 1
    assert seen["ppid"] == 1
    for folder in ("/", "/tmp", "/var/tmp", "/opt/ml", seen["home"], "/dev/shm"):
        assert not Path(folder, "readiness-was-here").exists()


@pytest.mark.own_root
def test_one_step_sees_nothing_of_what_another_left(tmp_path: Path) -> None:
    leave = """
from pathlib import Path
for folder in ("/", "/tmp", "/opt/ml/model", str(Path.home()), "/opt", "/dev/shm"):
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "left").write_text("x")
"""
    look = """
from pathlib import Path
folders = ("/", "/tmp", "/opt/ml/model", str(Path.home()), "/opt", "/dev/shm")
found = [folder for folder in folders if Path(folder, "left").exists()]
raise SystemExit(f"found {found}" if found else 0)
"""
    steps = [processing("Leave", "leave.py"), processing("Look", "look.py", depends_on=["Leave"])]
    result, _ = run(write_pipeline(tmp_path, steps, {"leave.py": leave, "look.py": look}))
    assert [step.status for step in result.steps] == [StepStatus.SUCCEEDED, StepStatus.SUCCEEDED], result.steps[
        1
    ].reason


def test_output_folders_exist_before_the_start_and_arrive_at_the_next_step(tmp_path: Path) -> None:
    write = "open('/opt/ml/processing/output/table/part-0.csv', 'w').write('a,b\\n1,2\\n')"
    read = "assert open('/opt/ml/processing/input/table/part-0.csv').read() == 'a,b\\n1,2\\n'"
    steps = [
        processing("Write", "write.py", outputs={"table": "s3://bucket/table"}),
        processing("Read", "read.py", inputs={"table": output_of("Write", "table")}),
    ]
    result, folder = run(write_pipeline(tmp_path, steps, {"write.py": write, "read.py": read}))
    assert result.success
    assert (objects(folder) / "bucket/table/part-0.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"
    assert step_of(result, "Write").outputs[0].file_count == 1


def test_a_script_that_rewrites_its_input_changes_neither_the_store_nor_the_users_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "rows.csv").write_text("mine\n", encoding="utf-8")
    spoil = "open('/opt/ml/processing/input/rows/rows.csv', 'w').write('spoilt')"
    check = "assert open('/opt/ml/processing/input/rows/rows.csv').read() == 'mine\\n'"
    uri = "s3://bucket/data/"
    steps = [
        processing("Spoil", "spoil.py", inputs={"rows": uri}),
        processing("Check", "check.py", inputs={"rows": uri}, depends_on=["Spoil"]),
    ]
    scenario = write_pipeline(
        tmp_path,
        steps,
        {"spoil.py": spoil, "check.py": check},
        inputs={"s3://bucket/code/": "local:code/", uri: "local:data/"},
    )
    result, _ = run(scenario)
    assert result.success
    assert (data / "rows.csv").read_text(encoding="utf-8") == "mine\n"


def test_a_shell_entry_point_and_a_program_on_the_path_run(tmp_path: Path) -> None:
    steps = [
        processing("Shell", "run.sh", entrypoint=["/bin/bash", "/opt/ml/processing/input/code/run.sh"]),
        processing("Python", "say.py", entrypoint=["python", "/opt/ml/processing/input/code/say.py"]),
    ]
    scripts = {
        "run.sh": "set -e\npython3 -c 'print(1)'\ncd /opt/ml/processing/input/code\ntest -f run.sh\n",
        "say.py": "",
    }
    result, _ = run(write_pipeline(tmp_path, steps, scripts))
    assert result.success, result.error_details


TRAIN = """
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float)
parser.add_argument("-k", type=int)
arguments = parser.parse_args()
import helper
assert os.getcwd() == "/opt/ml/code"
assert arguments.learning_rate == 0.1 and arguments.k == 3
assert os.environ["SM_HP_LEARNING-RATE"] == "0.1"
assert json.loads(os.environ["SM_CHANNELS"]) == ["train"]
rows = open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv")).read()
assert json.load(open("/opt/ml/input/config/hyperparameters.json"))["learning-rate"] == "0.1"
assert "train" in json.load(open("/opt/ml/input/config/inputdataconfig.json"))
assert json.loads(os.environ["SM_TRAINING_ENV"])["job_name"] == os.environ["TRAINING_JOB_NAME"]
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write(rows)
open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt"), "w").write("done")
"""


def test_a_training_script_gets_the_toolkits_contract_and_its_model_is_packed(tmp_path: Path) -> None:
    write = "open('/opt/ml/processing/output/train/rows.csv', 'w').write('1,2')"
    read = """
import tarfile
with tarfile.open('/opt/ml/processing/input/model/model.tar.gz') as tar:
    assert tar.getnames() == ['model.txt'], tar.getnames()
"""
    steps = [
        processing("Write", "write.py", outputs={"train": "s3://bucket/train"}),
        training("Train", "train.py", {"train": output_of("Write", "train")}, **{"learning-rate": 0.1, "k": 3}),
        processing("Read", "read.py", inputs={"model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}),
    ]
    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text(TRAIN, encoding="utf-8")
    (source / "helper.py").write_text("", encoding="utf-8")
    inputs = {"s3://bucket/code/": "local:code/", "s3://bucket/code/sourcedir.tar.gz": "local:source/"}
    result, folder = run(write_pipeline(tmp_path, steps, {"write.py": write, "read.py": read}, inputs=inputs))
    assert result.success, result.error_details
    archive = next((objects(folder) / "bucket/models").rglob("output.tar.gz"))
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["notes.txt"]


def test_the_failure_file_of_a_training_job_is_its_reason(tmp_path: Path) -> None:
    program = "open('/opt/ml/output/failure', 'w').write('no positive rows')\nraise SystemExit(1)\n"
    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text(program, encoding="utf-8")
    inputs = {"s3://bucket/code/sourcedir.tar.gz": "local:source/"}
    result, _ = run(write_pipeline(tmp_path, [training("Train", "train.py", {})], {}, inputs=inputs))
    assert result.steps[0].status is StepStatus.FAILED
    assert result.steps[0].reason == "exit code 1: no positive rows"


def test_environment_of_scenario_and_step_override_the_definition(tmp_path: Path) -> None:
    script = (
        "import os\nassert (os.environ['A'], os.environ['B'], os.environ['C']) == ('scenario', 'step', 'definition')"
    )
    steps = [processing("Look", "look.py", environment={"A": "definition", "B": "definition", "C": "definition"})]
    scenario = write_pipeline(
        tmp_path,
        steps,
        {"look.py": script},
        environment_variables={"A": "scenario", "B": "scenario"},
        steps={"Look": {"environment_variables": {"B": "step"}}},
    )
    result, _ = run(scenario)
    assert result.success, result.error_details


@pytest.mark.own_root
def test_links_out_of_the_container_are_left_behind(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    script = f"""
import os
out = '/opt/ml/processing/output/table'
open('/tmp/inside.txt', 'w').write('inside')
os.symlink('/tmp/inside.txt', out + '/inside')
os.symlink('{secret}', out + '/outside')
os.symlink('../' * 30 + 'etc/hostname', out + '/above')
"""
    steps = [processing("Link", "link.py", outputs={"table": "s3://bucket/table"})]
    result, folder = run(write_pipeline(tmp_path, steps, {"link.py": script}))
    kept = sorted(path.name for path in (objects(folder) / "bucket/table").iterdir())
    assert kept == ["inside"]
    assert [item.id for item in result.findings if item.id != "unknown-image"] == ["outside-link"]


def test_an_interpreter_below_tmp_is_seen_by_the_step(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    script = (
        "import subprocess, sys\nassert sys.prefix.endswith('/venv')\nsubprocess.run(['python3', '-c', ''], check=True)"
    )
    steps = [processing("Look", "look.py")]
    result, _ = run(write_pipeline(tmp_path, steps, {"look.py": script}, python="venv/bin/python"))
    assert result.success, result.error_details


def test_a_step_cannot_forge_its_own_end(tmp_path: Path) -> None:
    script = """
import os, stat
forged = b'{"ended": {"exit_code": 0, "wall_s": 0.1}}\\n'
for number in range(3, 256):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            os.write(number, forged)
    except OSError:
        pass
raise SystemExit(3)
"""
    result, _ = run(write_pipeline(tmp_path, [processing("Forge", "forge.py")], {"forge.py": script}))
    assert result.steps[0].exit_code == 3


@pytest.mark.own_root
def test_a_step_cannot_write_to_the_machines_devices_or_through_process_1(tmp_path: Path) -> None:
    seen = report_of(
        tmp_path,
        f"""
reached = []
for path in ("/dev/readiness-was-here", "/proc/1/root{tmp_path}/readiness-was-here", "/proc/sys/kernel/core_pattern"):
    try:
        open(path, "w").close()
        reached.append(path)
    except OSError:
        pass
open("/dev/null", "w").write("x")
seen = {{"reached": reached, "terminal": os.openpty() is not None}}
""",
    )
    assert seen == {"reached": [], "terminal": True}
    assert not (tmp_path / "readiness-was-here").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param("os.chmod('/', 0)", marks=pytest.mark.own_root),
        "os.chmod('/opt/ml', 0)",
        "os.makedirs('/tmp/a/b'); os.chmod('/tmp/a', 0)",
        "shutil.rmtree('/opt/ml/output', ignore_errors=True); os.symlink('output', '/opt/ml/output')",
        pytest.param(
            "shutil.rmtree('/tmp', ignore_errors=True); os.path.exists('/tmp') and os.symlink('/etc', '/tmp/x')",
            marks=pytest.mark.own_root,
        ),
        pytest.param(
            "os.chdir('/tmp'); [(os.mkdir('d'), os.chdir('d')) for _ in range(1200)]", marks=pytest.mark.own_root
        ),
        "os.mkfifo('/opt/ml/processing/output/table/pipe')",
    ],
)
def test_a_step_after_one_that_spoils_its_folders_runs_all_the_same(tmp_path: Path, spoil: str) -> None:
    steps = [
        processing("Spoil", "spoil.py", outputs={"table": "s3://bucket/table"}),
        processing("Next", "next.py", depends_on=["Spoil"], outputs={"table": "s3://bucket/next"}),
    ]
    write = "open('/opt/ml/processing/output/table/x', 'w').write('x')"
    scripts = {"spoil.py": f"import os, shutil\n{spoil}", "next.py": f"open('/tmp/mine', 'w')\n{write}"}
    result, _ = run(write_pipeline(tmp_path, steps, scripts))
    assert [step.status for step in result.steps] == [StepStatus.SUCCEEDED] * 2, [step.reason for step in result.steps]


def test_outputs_that_cannot_be_collected_fail_their_step_alone(tmp_path: Path) -> None:
    steps = [
        processing("One", "one.py", outputs={"a": "s3://bucket/x"}),
        processing("Two", "two.py", outputs={"b": "s3://bucket/x/deep"}, depends_on=["One"]),
        processing("Three", "ok.py"),
    ]
    scripts = {
        "one.py": "open('/opt/ml/processing/output/a/deep', 'w').write('x')",
        "two.py": "open('/opt/ml/processing/output/b/file', 'w').write('x')",
        "ok.py": "",
    }
    result, _ = run(write_pipeline(tmp_path, steps, scripts))
    assert [step.status.value for step in result.steps] == ["succeeded", "failed", "succeeded"]
    assert (result.steps[1].reason or "").startswith("its outputs cannot be collected")


@pytest.mark.own_root
def test_a_folder_of_the_machine_behind_a_link_is_not_written_to(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("making a link at the top of the machine takes root")
    machine, link = tmp_path / "machine", Path(f"/readiness-link-{os.getpid()}")
    machine.mkdir()
    link.symlink_to(machine)
    try:
        steps = [processing("A", "ok.py"), processing("B", "ok.py", depends_on=["A"])]
        steps[1]["Arguments"]["ProcessingInputs"][0]["S3Input"]["LocalPath"] = f"{link}/in"
        steps[1]["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = ["python3", f"{link}/in/ok.py"]
        result, _ = run(write_pipeline(tmp_path, steps, {"ok.py": ""}))
        assert result.success, result.error_details
        assert list(machine.iterdir()) == []
    finally:
        link.unlink()


def test_holes_of_a_sparse_file_stay_holes(tmp_path: Path) -> None:
    write = "f = open('/opt/ml/processing/output/big/f', 'wb'); f.seek(1 << 33); f.write(b'end')"
    read = "f = open('/opt/ml/processing/input/big/f', 'rb'); f.seek(1 << 33); assert f.read() == b'end'"
    steps = [
        processing("Write", "write.py", outputs={"big": "s3://bucket/big"}),
        processing("Read", "read.py", inputs={"big": output_of("Write", "big")}),
    ]
    result, _ = run(write_pipeline(tmp_path, steps, {"write.py": write, "read.py": read}))
    assert result.success, result.error_details


def test_earlier_reports_below_a_served_folder_are_not_served(tmp_path: Path) -> None:
    scenario = write_pipeline(
        tmp_path,
        [processing("Look", "look.py", inputs={"all": "s3://bucket/all/"})],
        {"look.py": "import os; assert not os.path.exists('/opt/ml/processing/input/all/reports')"},
        inputs={"s3://bucket/code/": "local:code/", "s3://bucket/all/": "local:."},
    )
    for _ in range(2):
        assert run(scenario)[0].success
