"""Definitions in the shapes that versions 2 and 3 of the SDK write, with programs of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cursus_readiness import workflow
from cursus_readiness.model.result import E2ETestResult, StepStatus
from pipelines import output_of, processing, training, write_pipeline

CODE = "/opt/ml/processing/input/code"
ENTRY = "/opt/ml/processing/input/entrypoint"
# What the SDK's own wrapper does: unpack, install what is asked for, run the script with the job's arguments.
RUNPROC = f"""#!/bin/bash
cd {CODE}/
tar -xzf sourcedir.tar.gz
if [[ -f 'requirements.txt' ]]; then
    python -m pip install -r requirements.txt
fi
python scripts/prepare.py "$@"
"""
PREPARE = """
import os, sys
import shared.names
assert sys.argv[1:] == ["--split", "train test"], sys.argv
assert os.getcwd() == "/opt/ml/processing/input/code"
open("/opt/ml/processing/output/train/rows.csv", "w").write(shared.names.HEADER + "\\n1\\n")
"""
# What version 3 brings in the channels code and sm_drivers: a driver that sets the environment and runs the script.
DRIVER = """#!/bin/bash
set -e
test -n "$TRAINING_JOB_NAME"
python3 /opt/ml/input/data/sm_drivers/scripts/environment.py > /opt/ml/input/sm_training.env
source /opt/ml/input/sm_training.env
cd "$SM_SOURCE_DIR"
python3 train.py
"""
ENVIRONMENT = """
import json
hosts = json.load(open("/opt/ml/input/config/resourceconfig.json"))["hosts"]
rate = json.loads(json.load(open("/opt/ml/input/config/hyperparameters.json"))["learning-rate"])
channels = json.load(open("/opt/ml/input/config/inputdataconfig.json"))
assert set(channels) == {"train", "code", "sm_drivers"}, channels
print("export SM_SOURCE_DIR=/opt/ml/input/data/code")
print(f"export SM_HOST_COUNT={len(hosts)} SM_HP_LEARNING_RATE={rate}")
"""
TRAIN = """
import os
assert os.environ["SM_HOST_COUNT"] == "1" and os.environ["SM_HP_LEARNING_RATE"] == "0.1"
assert open("/opt/ml/input/data/train/rows.csv").read() == "age\\n1\\n"
open("/opt/ml/model/model.txt", "w").write("trained")
"""


def run(folder: Path, steps: list[Any], files: dict[str, str], /, **inputs: str) -> E2ETestResult:
    bindings = {"s3://bucket/code/": "local:code/", **{f"s3://bucket/{key}": item for key, item in inputs.items()}}
    scenario = write_pipeline(folder, steps, files, inputs=bindings)
    return workflow.run(scenario, folder / "reports").report.scenarios[0]


def framework_processing(name: str, source: str, **more: Any) -> dict[str, Any]:
    """A FrameworkProcessor's step: ``runproc.sh``, and the source as an archive or (version 3) below a prefix."""
    step = processing(name, "unused", arguments=["--split", "train test"], **more)
    step["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = ["/bin/bash", f"{ENTRY}/runproc.sh"]
    step["Arguments"]["ProcessingInputs"] = [
        {"InputName": "code", "S3Input": {"S3Uri": source, "LocalPath": f"{CODE}/", "S3DataType": "S3Prefix"}},
        {
            "InputName": "entrypoint",
            "S3Input": {"S3Uri": "s3://bucket/code/runproc.sh", "LocalPath": ENTRY, "S3InputMode": "File"},
        },
    ]
    return step


def model_trainer(name: str, train: Any) -> dict[str, Any]:
    """A ModelTrainer's step as version 3 writes it."""
    step = training(
        name, "unused", {"train": train, "code": "s3://bucket/code/v3", "sm_drivers": "s3://bucket/drivers"}
    )
    step["Arguments"]["HyperParameters"] = {"learning-rate": "0.1"}
    drivers = "/opt/ml/input/data/sm_drivers/sm_train.sh"
    step["Arguments"]["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/bash"],
        "ContainerArguments": ["-c", f"chmod +x {drivers} && {drivers}"],
    }
    return step


SOURCE = {
    "source/scripts/prepare.py": PREPARE,
    "source/shared/names.py": "HEADER = 'age'\n",
    "source/scripts/requirements.txt": "",
    "source/requirements.txt": "pyyaml\n",
    "runproc.sh": RUNPROC,
}


def test_a_framework_processor_of_version_2_unpacks_its_source(tmp_path: Path) -> None:
    step = framework_processing(
        "Prepare",
        "s3://bucket/code/sourcedir.tar.gz",
        outputs={"train": "s3://bucket/train"},
        environment={"PYTHONPATH": CODE},
    )
    result = run(tmp_path, [step], SOURCE, **{"code/sourcedir.tar.gz": "local:code/source/"})
    assert result.success, result.error_details
    asked = [finding for finding in result.findings if finding.id == "pip-request"]
    assert "pyyaml" in asked[0].message


def test_version_3_runs_a_framework_processor_and_a_model_trainer(tmp_path: Path) -> None:
    prepare = framework_processing(
        "Prepare", "s3://bucket/job/source/", outputs={"train": "s3://bucket/train"}, environment={"PYTHONPATH": CODE}
    )
    train = model_trainer("Train", output_of("Prepare", "train"))
    read = (
        "import tarfile; tarfile.open('/opt/ml/processing/input/model/model.tar.gz').extractall('.'); open('model.txt')"
    )
    check = processing("Check", "check.py", inputs={"model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}})
    files = {
        **SOURCE,
        "check.py": read,
        "v3/train.py": TRAIN,
        "drivers/sm_train.sh": DRIVER,
        "drivers/scripts/environment.py": ENVIRONMENT,
    }
    served = {"job/source/sourcedir.tar.gz": "local:code/source/", "drivers": "local:code/drivers/"}
    result = run(tmp_path, [prepare, train, check], files, **served)
    assert [step.status for step in result.steps] == [StepStatus.SUCCEEDED] * 3, result.error_details


def test_mounts_may_lie_within_each_other(tmp_path: Path) -> None:
    look = """
import os
base = "/opt/ml/processing/input"
assert sorted(os.listdir(base + "/data")) == ["a.csv", "inner"], os.listdir(base + "/data")
assert open(base + "/data/inner/b.csv").read() == "b"
assert open(base + "/data/inner/deep/c.csv").read() == "c"
open(base + "/data/inner/out/d.csv", "w").write("d")
"""
    step = processing(
        "Look", "look.py", inputs={"deep": "s3://bucket/c", "inner": "s3://bucket/b", "data": "s3://bucket/a"}
    )
    places = {"deep": "data/inner/deep", "inner": "data/inner", "data": "data"}
    for item in step["Arguments"]["ProcessingInputs"]:
        if item["InputName"] in places:
            item["S3Input"]["LocalPath"] = f"/opt/ml/processing/input/{places[item['InputName']]}"
    step["Arguments"]["ProcessingOutputConfig"]["Outputs"] = [
        {
            "OutputName": "out",
            "S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/input/data/inner/out"},
        }
    ]
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.csv").write_text(name, encoding="utf-8")
    result = run(tmp_path, [step], {"look.py": look},
                 a="local:a/", b="local:b/", c="local:c/")  # fmt: skip
    assert result.success, result.error_details
    assert result.steps[0].outputs[0].file_count == 1


def test_several_instances_are_reported_and_sharded_inputs_come_whole(tmp_path: Path) -> None:
    count = "import os; assert sorted(os.listdir('/opt/ml/processing/input/rows')) == ['0.csv', '1.csv']"
    step = processing("Count", "count.py", inputs={"rows": "s3://bucket/rows"})
    step["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    (tmp_path / "rows").mkdir()
    for number in range(2):
        (tmp_path / "rows" / f"{number}.csv").write_text("x", encoding="utf-8")
    result = run(tmp_path, [step], {"count.py": count}, rows="local:rows/")
    assert result.success, result.error_details
    assert "asks for 2 instances" in next(item for item in result.findings if item.id == "reduced-fidelity").message
