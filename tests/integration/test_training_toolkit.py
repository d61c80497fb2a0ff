"""The environment of a training script is, variable by variable, what the real training toolkit exports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import workflow
from cursus_readiness.model.result import StepStatus
from pipelines import training, write_pipeline

TOOLKIT = "sagemaker-training==5.1.4"
pytestmark = pytest.mark.slow
LOOK = """
import json, os, sys
seen = {"environment": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "path": sys.path[:2]}
json.dump(seen, open("/opt/ml/model/seen.json", "w"))
"""
# The toolkit is given the archive as a channel: it leaves a code folder that is filled already alone.
UNPACK_AND_TRAIN = "tar xzf /opt/ml/input/data/source/sourcedir.tar.gz -C /opt/ml/code && exec train"
GIVEN: dict[str, dict[str, Any]] = {
    "plain": {"learning-rate": 0.1, "k": 3, "title": "x y", "flag": True, "nothing": None, "list": [1, "a"]},
    "nested": {"map": {"b": 2, "a": "1"}, "unicode": "naïve ☃", "empty": "", "UPPER": "X", "big": 10**20},
    "framework": {
        "sagemaker_container_log_level": 10,
        "sagemaker_job_name": "a-job",
        "sagemaker_region": "eu-west-1",
        "sagemaker_parameter_server_enabled": True,
        "sagemaker_estimator_module": "sagemaker.sklearn",
        "_tuning_objective_metric": "auc",
    },
}


@pytest.fixture(scope="module")
def toolkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter of an environment that has the toolkit."""
    folder = tmp_path_factory.mktemp("toolkit") / "venv"
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if uv:
        commands = [
            [uv, "venv", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--python", str(python)],
        ]
    else:
        commands = [[sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install"]]
    commands[1].append(TOOLKIT)
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"the training toolkit cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return python


def seen_by(folder: Path, step: str) -> dict[str, Any]:
    archive = folder / ".work/pipeline/s3/bucket/models" / f"pipelines-readiness-{step}" / "output/model.tar.gz"
    with tarfile.open(archive) as tar:
        member = tar.extractfile("seen.json")
        assert member
        found: dict[str, Any] = json.load(member)
    return found


def told(environment: dict[str, str]) -> dict[str, Any]:
    """The variables of the toolkit, without the name of the job, which is another one for each step."""
    ours = {
        name: value for name, value in environment.items() if name.startswith("SM_") and name != "SM_STUDIO_LOCAL_MODE"
    }
    return {**ours, "SM_TRAINING_ENV": {**json.loads(ours["SM_TRAINING_ENV"]), "job_name": ""}}


@pytest.mark.parametrize("hyperparameters", GIVEN.values(), ids=list(GIVEN))
def test_a_script_sees_what_the_real_toolkit_would_show_it(
    tmp_path: Path, toolkit: Path, hyperparameters: dict[str, Any]
) -> None:
    archive = "s3://bucket/code/sourcedir.tar.gz"
    channels = {"source": archive, "train-a_b.C": "s3://bucket/train", "validation": "s3://bucket/validation"}
    steps = [training(name, "look.py", channels, **hyperparameters) for name in ("Real", "Ours")]
    real = steps[0]["Arguments"]
    real["AlgorithmSpecification"]["ContainerEntrypoint"] = ["/bin/sh", "-c", UNPACK_AND_TRAIN]
    for step in steps:
        # Without it the toolkit looks up its own host's name for a quarter of an hour.
        step["Arguments"]["Environment"] = {"SM_STUDIO_LOCAL_MODE": "True", "AWS_DEFAULT_REGION": "us-east-1"}
    source = tmp_path / "source"
    source.mkdir()
    (source / "look.py").write_text(LOOK, encoding="utf-8")
    scenario = write_pipeline(tmp_path, steps, {}, inputs={archive: "local:source/"}, python=str(toolkit))
    outcome = workflow.run(scenario, tmp_path / "reports")
    result = outcome.report.scenarios[0]
    assert [step.status for step in result.steps] == [StepStatus.SUCCEEDED] * 2, result.error_details
    theirs, ours = (seen_by(outcome.layout.folder, name) for name in ("Real", "Ours"))
    assert told(ours["environment"]) == told(theirs["environment"])
    assert len(told(ours["environment"])) >= 34
    assert (ours["argv"], ours["cwd"]) == (theirs["argv"], theirs["cwd"])
    own = ("CURRENT_HOST", "SAGEMAKER_JOB_NAME", "SAGEMAKER_REGION", "AWS_REGION")
    assert {name: ours["environment"].get(name) for name in own} == {
        name: theirs["environment"].get(name) for name in own
    }
    assert ours["environment"]["PYTHONPATH"].split(":")[0] == theirs["environment"]["PYTHONPATH"].split(":")[0]
