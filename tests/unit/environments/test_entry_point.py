"""What a job's command runs."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from cursus_readiness.environments.code import read_code
from cursus_readiness.environments.entry_point import code_inputs, step_code
from cursus_readiness.environments.requests import environment_requests
from cursus_readiness.model.job import Job, JobInput, Packing
from cursus_readiness.model.plan import Plan, PlannedStep
from cursus_readiness.model.scenario import E2ETestScenario, EnvironmentSpec
from cursus_readiness.objectstore.archives import pack
from cursus_readiness.objectstore.store import ObjectStore

CODE = "/opt/ml/processing/input/code"
RUNPROC = """#!/bin/bash
cd /opt/ml/processing/input/code/
tar -xzf sourcedir.tar.gz
# python never.py
if [[ -f 'requirements.txt' ]]; then
    pip install -r requirements.txt
    python -m pip list
fi
python scripts/evaluate.py "$@"
"""


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    made = ObjectStore(tmp_path / "objects")
    source = tmp_path / "source"
    (source / "scripts").mkdir(parents=True)
    (source / "scripts/evaluate.py").write_text("import json\n", encoding="utf-8")
    (source / "train.sh").write_text("python3 -u -W ignore train.py --x\n", encoding="utf-8")
    (source / "train.py").write_text("", encoding="utf-8")
    (source / "model.bin").write_bytes(b"\0")
    pack(source, made.path_of("s3://b/code/sourcedir.tar.gz"))
    pack(source, made.path_of("s3://b/out/model.tar.gz"))
    made.path_of("s3://b/code/x.py").write_text("", encoding="utf-8")
    made.path_of("s3://b/entry").mkdir()
    (made.path_of("s3://b/entry") / "runproc.sh").write_text(RUNPROC, encoding="utf-8")
    (made.path_of("s3://b/entry") / "broken.tar.gz").write_text("no archive", encoding="utf-8")
    return made


def job(*command: str, folder: str = "/", inputs: tuple[JobInput, ...] = (), **environment: str) -> Job:
    given = (
        JobInput(name="code", uri="s3://b/code/sourcedir.tar.gz", path=f"{CODE}/", is_code=True),
        JobInput(name="script", uri="s3://b/code/x.py", path="/opt/ml/processing/input/x"),
        JobInput(name="entrypoint", uri="s3://b/entry", path="/opt/ml/processing/input/entrypoint", is_code=True),
        JobInput(name="model", uri="s3://b/out/model.tar.gz", path="/opt/ml/processing/input/model", is_code=True),
    )
    return Job(
        step_name="Step", step_type="Processing", command=command, working_directory=folder, environment=environment,
        inputs=inputs or given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "folder", "entry"),
    [
        (("/bin/bash", "/opt/ml/processing/input/entrypoint/runproc.sh", "--a"), "/", f"{CODE}/scripts/evaluate.py"),
        (("python3", "-u", f"{CODE}/train.py", "--job_type", "x.py"), "/", f"{CODE}/train.py"),
        (("python3", "-X", "dev", "train.py"), CODE, f"{CODE}/train.py"),
        (("python3.9", "-m", "scripts.evaluate"), CODE, f"{CODE}/scripts/evaluate.py"),
        (("/bin/sh", "-c", './train.sh "$@"', "train.sh"), CODE, f"{CODE}/train.py"),
        (("./train.sh",), CODE, f"{CODE}/train.py"),
        (("smspark-submit", "--x", f"{CODE}/train.py"), "/", f"{CODE}/train.py"),
        (("python3", "/opt/ml/processing/input/x/x.py"), "/", "/opt/ml/processing/input/x/x.py"),
        (("python3", "-c", "import x"), "/", None),
        (("python3",), "/", None),
        (("python3", "-m", "json.tool"), "/", None),
        (("bash", "-i"), "/", None),
        (("/bin/sh", "-c", "echo hello"), "/", None),
        (("/bin/sh", "-c", f"cd {CODE} && python $SCRIPT.py"), "/", None),
        (("true",), "/", None),
    ],
)
def test_the_script_that_a_command_comes_to_run(
    store: ObjectStore, command: tuple[str, ...], folder: str, entry: str | None
) -> None:
    found = step_code(job(*command, folder=folder), store)
    assert (found.entry, found.missing) == (entry, None)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (("python3", f"{CODE}/evaluate.py"), f"{CODE}/evaluate.py"),
        (("/bin/bash", "/opt/program/run.sh"), "/opt/program/run.sh"),
    ],
)
def test_a_script_that_no_input_has_is_missing(store: ObjectStore, command: tuple[str, ...], missing: str) -> None:
    found = step_code(job(*command), store)
    assert (found.entry, found.missing) == (None, missing)


def test_code_that_is_not_there_yet_is_not_missing(store: ObjectStore) -> None:
    later = JobInput(name="code", uri="s3://b/later/", path=CODE, is_code=True)
    found = step_code(job("python3", f"{CODE}/x.py", inputs=(later,)), store)
    assert (found.entry, found.missing, found.files) == (None, None, {})


def test_models_are_no_code_and_sources_are(store: ObjectStore) -> None:
    training = JobInput(
        name="source", uri="s3://b/out/model.tar.gz", path="/opt/ml/code", packing=Packing.TAR_GZ, is_code=True
    )
    assert not any("input/model" in path for path in step_code(job("true"), store).files)
    made = job("python3", "train.py", folder="/opt/ml/code", inputs=(training,), PYTHONPATH="/opt/ml/code:/y")
    found = step_code(made, store)
    assert (found.entry, found.folders) == ("/opt/ml/code/train.py", ("/opt/ml/code", "/y"))
    assert code_inputs(made, store) == (store.path_of("s3://b/out/model.tar.gz"),)


def test_only_text_of_code_is_read(tmp_path: Path, store: ObjectStore) -> None:
    assert set(read_code(store.path_of("s3://b/code/sourcedir.tar.gz"))) == {
        "scripts/evaluate.py", "train.py", "train.sh"
    }  # fmt: skip
    with tarfile.open(tmp_path / "dotted.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "source", "./")
    assert "train.py" in read_code(tmp_path / "dotted.tar.gz")
    assert read_code(tmp_path / "none.py") == {}
    (tmp_path / "large.py").write_bytes(b"#" * (5 * 1024 * 1024))
    assert read_code(tmp_path / "large.py") == {}


def test_every_selected_step_asks_with_its_image_and_its_code(store: ObjectStore) -> None:
    made = job("python3", "x.py").model_copy(update={"image_uri": "image"})
    scenario = E2ETestScenario(
        scenario_name="s", pipeline_config_path="p", expected_steps=[], environment=EnvironmentSpec.model_validate("uv")
    )
    steps = [PlannedStep(name=name, step_type="Processing", job=made) for name in ("A", "B")]
    steps.append(PlannedStep(name="C", step_type="EMR"))
    plan = Plan(scenario=scenario, steps=tuple(steps), framework_requirements={"A": ("six",)})
    (found,) = environment_requests(plan, store, selected={"A", "C"})
    assert (found.step_name, found.image_uri, found.spec.kind) == ("A", "image", "uv")
    assert (found.code, found.framework_requirements) == (code_inputs(made, store), ("six",))
