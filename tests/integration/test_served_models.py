"""A model is trained, checked, served and registered by real processes, as its pipeline says."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness import preparation, workflow
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from pipelines import output_of, processing, training, write_pipeline
from served_models import ARTIFACT, INFERENCE, ROWS, TRAIN, container, model, register, train, transform

pytestmark = pytest.mark.slow

pytest.importorskip("sklearn", reason="the model of these pipelines is one of scikit-learn")
ARCHIVE = "s3://bucket/given/model.tar.gz"
LOADS_A_FOLDER = "def model_fn(folder): return folder\n"


def run(
    tmp_path: Path, steps: list[dict[str, Any]], *, script: str | None = INFERENCE, **files: str
) -> tuple[E2ETestResult, Path]:
    """Run steps with a training script, an inference script, rows to train on and files (name -> text) to score."""
    scripts = {key.replace("_py", ".py"): text for key, text in files.items() if key.endswith("_py")}
    folders = {"source": {"train.py": TRAIN}, "serving": {"inference.py": script or ""}, "train": {"rows.csv": ROWS}}
    folders["batch"] = {key: text for key, text in files.items() if not key.endswith("_py")}
    for folder, texts in folders.items():
        for name, text in texts.items():
            path = tmp_path / folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    (tmp_path / "batch").mkdir(exist_ok=True)
    inputs = {
        "s3://bucket/code/": "local:code/",
        "s3://bucket/code/sourcedir.tar.gz": "local:source/",
        "s3://bucket/code/serving.tar.gz": "local:serving/",
        "s3://bucket/train": "local:train/",
        "s3://bucket/batch": "local:batch/",
        ARCHIVE: "local:given.tar.gz",
    }
    used = json.dumps(steps)
    inputs = {uri: source for uri, source in inputs.items() if uri in used or uri.endswith("/code/")}
    outcome = workflow.run(write_pipeline(tmp_path, steps, scripts, inputs=inputs), tmp_path / "reports")
    return outcome.report.scenarios[0], outcome.layout.folder / ".work" / "pipeline" / "s3" / "bucket"


def pack(path: Path, **texts: str) -> None:
    """An archive of files; ``__`` in a name is a folder's end, ``_py`` a suffix."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in texts.items():
            file = path.with_suffix(".member")
            file.write_text(text, encoding="utf-8")
            tar.add(file, name.replace("__", "/").replace("_py", ".py"))


def step_of(result: E2ETestResult, name: str) -> StepResult:
    return next(step for step in result.steps if step.step_name == name)


def given(tmp_path: Path, **definition: Any) -> StepResult:
    """The end of a Model step whose artifact is ``given.tar.gz``."""
    definition = {"source": "/opt/ml/model/code", **definition}
    result, _ = run(tmp_path, [model(artifact=ARCHIVE, **definition)])
    return result.steps[0]


READ_SCORES = """
from pathlib import Path
folder = Path("/opt/ml/processing/input/scores")
found = {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.out"))}
assert sorted(found) == ["a.csv.out", "deep/b.csv.out"], found
assert [round(float(line)) for line in found["a.csv.out"].split()] == [12, 24]
assert [round(float(line)) for line in found["deep/b.csv.out"].split()] == [30]
"""


def test_a_trained_model_is_created_and_scores_the_lines_that_the_next_step_reads(tmp_path: Path) -> None:
    scores = {"Get": "Steps.Score.TransformOutput.S3OutputPath"}
    steps = [train(), model(), transform(), processing("Read", "read.py", inputs={"scores": scores})]
    result, _ = run(tmp_path, steps, read_py=READ_SCORES, **{"a.csv": "1,1\n2,2\n", "deep__b.csv": "0,3"})
    assert result.success, [step.reason for step in result.steps]
    assert (step_of(result, "Create-CreateModel").stand_in or "").endswith("nothing is created")
    assert "handlers" in (step_of(result, "Score").stand_in or "")
    assert step_of(result, "Score").outputs[0].file_count == 2


def test_an_id_is_left_out_of_the_payload_and_joined_with_its_prediction(tmp_path: Path) -> None:
    chosen = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    script = f"""{INFERENCE}
def predict_fn(data, model):
    return model.predict(data).round(3)
"""
    steps = [train(), model(), transform(DataProcessing=chosen, BatchStrategy="SingleRecord")]
    result, objects = run(tmp_path, steps, script=script, **{"a.csv": "first,1,1\nsecond,2,2\n"})
    assert result.success, [step.reason for step in result.steps]
    assert (objects / "scores/a.csv.out").read_text(encoding="utf-8") == "first,12.0\nsecond,24.0\n"


# What version 2 of the SDK puts before a model whose script has to come into the artifact: a shell program without
# permission to be executed, told by hyperparameters.
LAUNCHER = """#!/bin/bash
python repack.py --model_archive "${SM_HP_MODEL_ARCHIVE}" --inference_script "${SM_HP_INFERENCE_SCRIPT}"
"""
REPACK = """
import os, shutil, sys, tarfile
archive = "/opt/ml/input/data/training/" + sys.argv[2].rpartition("/")[2]
tarfile.open(archive).extractall("/opt/ml/model")
os.makedirs("/opt/ml/model/code")
shutil.copy(sys.argv[4], "/opt/ml/model/code")
"""


def test_an_artifact_that_is_packed_anew_with_its_script_is_served(tmp_path: Path) -> None:
    packed = {"Std:Join": {"On": "", "Values": [ARTIFACT]}}
    again = training("Create-RepackModel-0", "launcher.sh", {"training": ARTIFACT}, inference_script="inference.py")
    again["Arguments"]["HyperParameters"] |= {"model_archive": packed, "dependencies": "null"}
    repacked = {"Get": "Steps.Create-RepackModel-0.ModelArtifacts.S3ModelArtifacts"}
    steps = [train(), again, model(artifact=repacked, source="/opt/ml/model/code"), transform()]
    (tmp_path / "source").mkdir()
    for name, text in {"launcher.sh": LAUNCHER, "repack.py": REPACK, "inference.py": INFERENCE}.items():
        (tmp_path / "source" / name).write_text(text, encoding="utf-8")
    result, objects = run(tmp_path, steps, **{"a.csv": "1,1\n"})
    assert result.success, [step.reason for step in result.steps]
    assert round(float((objects / "scores/a.csv.out").read_text(encoding="utf-8"))) == 12


EVALUATE = """
import json, os
with open("/opt/ml/processing/output/report/evaluation.json", "w") as file:
    json.dump({"regression_metrics": {"mse": {"value": 0.1}}}, file)
"""


def test_a_model_is_registered_in_no_registry_with_the_metrics_of_an_evaluation(tmp_path: Path) -> None:
    report = {"Std:Join": {"On": "/", "Values": [output_of("Evaluate", "report"), "evaluation.json"]}}
    source = {"ContentType": "application/json", "S3Uri": report}
    metrics = {"ModelQuality": {"Statistics": source}, "Bias": {}, "Explainability": {}}
    approved = register(ModelMetrics=metrics, ModelApprovalStatus="Approved")
    say = "import sys; assert sys.argv[1].endswith('model-package/prices/1'), sys.argv"
    steps = [
        train(),
        processing("Evaluate", "evaluate.py", outputs={"report": "s3://bucket/eval"}),
        approved,
        processing("Say", "say.py", arguments=[{"Get": f"Steps.{approved['Name']}.ModelPackageArn"}]),
    ]
    result, _ = run(tmp_path, steps, evaluate_py=EVALUATE, say_py=say)
    assert result.success, [step.reason for step in result.steps]
    assert (step_of(result, approved["Name"]).stand_in or "").endswith("nothing is registered")


def test_metrics_that_are_not_json_fail_the_registration(tmp_path: Path) -> None:
    write = "open('/opt/ml/processing/output/report/evaluation.json', 'w').write('mse: 0.1')"
    source = {"ContentType": "application/json", "S3Uri": "s3://bucket/eval/evaluation.json"}
    package = register(ModelMetrics={"ModelQuality": {"Statistics": source}})
    package["Arguments"]["InferenceSpecification"]["Containers"] = [{"Image": "img", "ModelDataUrl": ARCHIVE}]
    pack(tmp_path / "given.tar.gz", weights="x")
    steps = [processing("Evaluate", "write.py", outputs={"report": "s3://bucket/eval"}), package]
    result, _ = run(tmp_path, [*steps[:1], {**package, "DependsOn": ["Evaluate"]}], write_py=write)
    assert "ModelMetrics.ModelQuality.Statistics: s3://bucket/eval/evaluation.json is not JSON" in (
        result.steps[1].reason or ""
    )


def test_nonsense_for_a_content_type_is_found_before_anything_runs(tmp_path: Path) -> None:
    package = register()
    specification = package["Arguments"]["InferenceSpecification"]
    specification |= {"SupportedContentTypes": ["csv please"], "Containers": [container(ARCHIVE)]}
    scenario = write_pipeline(tmp_path, [package], {})
    _, ((_, findings),) = preparation.check(scenario)
    (found,) = [finding for finding in findings if "'csv please' is not a MIME type" in finding.message]
    assert (found.place or "").endswith("SupportedContentTypes[0]")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no archive at all", "is not a readable .tar.gz archive"),
        (b"", "is not a readable .tar.gz archive"),
    ],
)
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "given.tar.gz").write_bytes(content)
    step = given(tmp_path)
    assert step.status is StepStatus.FAILED
    assert step.reason
    assert f"{ARCHIVE} {reason}" in step.reason


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import lightgbm_of_nobody", "inference.py needs the module 'lightgbm_of_nobody'"),
        ("def model_fn(:", "inference.py line 1 is not Python"),
        (
            "def input_fn(data, content_type): return data",
            "defines no model_fn, and the scikit-learn container has none",
        ),
        ("def model_fn(folder): raise OSError('no weights')", "model_fn raises OSError: no weights"),
        ("def model_fn(folder):\n import os, signal\n os.kill(os.getpid(), signal.SIGSEGV)", "is ended by signal 11"),
    ],
)
def test_a_script_that_cannot_serve_the_model_fails_the_step(tmp_path: Path, script: str, reason: str) -> None:
    pack(tmp_path / "given.tar.gz", weights="x", code__inference_py=script)
    step = given(tmp_path)
    assert step.status is StepStatus.FAILED
    assert reason in (step.reason or "")


def test_an_artifact_that_is_not_packed_is_loaded_from_its_files(tmp_path: Path) -> None:
    write = """
import os
folder = "/opt/ml/processing/output/model/"
os.mkdir(folder + "code")
open(folder + "weights", "w").write("x")
open(folder + "code/inference.py", "w").write("def model_fn(folder): return open(folder + '/weights').read()")
"""
    place = {"S3Uri": output_of("Write", "model"), "S3DataType": "S3Prefix", "CompressionType": "None"}
    served = model(source="/opt/ml/model/code")
    definition = served["Arguments"]["PrimaryContainer"]
    definition["ModelDataSource"] = {"S3DataSource": place}
    del definition["ModelDataUrl"]
    steps = [processing("Write", "write.py", outputs={"model": "s3://bucket/plain"}), served]
    result, _ = run(tmp_path, steps, write_py=write)
    assert result.success, [step.reason for step in result.steps]


def test_a_script_that_is_not_in_the_artifact_is_named(tmp_path: Path) -> None:
    pack(tmp_path / "given.tar.gz", weights="x", code__serve_py=LOADS_A_FOLDER)
    step = given(tmp_path)
    assert "inference script inference.py is not in /opt/ml/model/code, which holds serve.py" in (step.reason or "")


def test_a_script_finds_the_modules_beside_it_and_the_environment_of_its_container(tmp_path: Path) -> None:
    script = """
import os, sys
import records_of_mine
def model_fn(folder):
    assert folder == os.environ["SM_MODEL_DIR"] == "/opt/ml/model"
    assert os.environ["SAGEMAKER_REGION"] == "us-east-1"
    assert not any("stand-in" in path for path in sys.path)
    return open(os.path.join(folder, "weights")).read()
"""
    pack(tmp_path / "given.tar.gz", weights="x", code__inference_py=script, code__records_of_mine_py="")
    step = given(tmp_path)
    assert step.status is StepStatus.SUCCEEDED, step.reason


def test_each_container_of_a_pipeline_model_is_checked_with_its_own_script(tmp_path: Path) -> None:
    pack(tmp_path / "given.tar.gz", weights="x", code__first_py=LOADS_A_FOLDER, code__second_py="import no_such_module")
    inside = {"source": "/opt/ml/model/code"}
    step = model()
    step["Arguments"] = {
        "Containers": [container(ARCHIVE, program=name, **inside) for name in ("first.py", "second.py")]
    }
    result, _ = run(tmp_path, [step])
    assert "container 2 of 2: second.py needs the module 'no_such_module'" in (result.steps[0].reason or "")


def test_an_artifact_that_nobody_has_written_fails_the_step(tmp_path: Path) -> None:
    steps = [
        processing("Prepare", "ok.py", outputs={"model": "s3://bucket/prepared"}),
        {**model(artifact="s3://bucket/prepared/model.tar.gz", program=None), "DependsOn": ["Prepare"]},
    ]
    result, _ = run(tmp_path, steps, ok_py="")
    assert "no objects under s3://bucket/prepared/model.tar.gz" in (result.steps[1].reason or "")


def test_an_artifact_whose_name_is_known_only_during_the_run_is_opened(tmp_path: Path) -> None:
    choose = """
import json, tarfile
folder = "/opt/ml/processing/output/"
open("/tmp/weights", "w").write("x")
with tarfile.open(folder + "models/best.tar.gz", "w:gz") as tar:
    tar.add("/tmp/weights", "weights")
json.dump({"best": "s3://bucket/models/best.tar.gz"}, open(folder + "choice/choice.json", "w"))
"""
    outputs = {"models": "s3://bucket/models", "choice": "s3://bucket/choice"}
    step = processing("Choose", "choose.py", outputs=outputs)
    step["PropertyFiles"] = [{"PropertyFileName": "Choice", "OutputName": "choice", "FilePath": "choice.json"}]
    chosen = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Choose.PropertyFiles.Choice"}, "Path": "best"}}
    serve = "def transform_fn(model, data, content_type, accept): return model + data.upper()\n"
    script = "def model_fn(folder): return open(folder + '/weights').read()\n" + serve
    steps = [step, model(artifact=chosen), transform()]
    result, objects = run(tmp_path, steps, script=script, choose_py=choose, **{"a.txt": "one\ntwo\n"})
    assert result.success, [step.reason for step in result.steps]
    assert (objects / "scores/a.txt.out").read_text(encoding="utf-8") == "xONE\nTWO\n"


def scored(tmp_path: Path, script: str, batch: dict[str, str], **arguments: Any) -> tuple[StepResult, Path]:
    """A Transform step over a model whose artifact is a text."""
    pack(tmp_path / "given.tar.gz", weights="x")
    steps = [model(artifact=ARCHIVE), transform(**arguments)]
    result, objects = run(tmp_path, steps, script=LOADS_A_FOLDER + script, **batch)
    return step_of(result, "Score"), objects


ECHO = "def transform_fn(model, data, content_type, accept): return data\n"


def test_json_lines_are_filtered_and_joined(tmp_path: Path) -> None:
    script = """
import json
def transform_fn(model, data, content_type, accept):
    return "\\n".join(json.dumps({"sum": sum(json.loads(line))}) for line in data.decode().splitlines())
"""
    lines = '{"id": 1, "x": [1, 2]}\n{"id": 2, "x": [3]}\n'
    kinds: dict[str, Any] = {
        "source": {"ContentType": "application/jsonlines"},
        "output": {"Accept": "application/jsonlines"},
    }
    chosen = {"InputFilter": "$.x", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}
    step, objects = scored(tmp_path, script, {"a.jsonl": lines}, DataProcessing=chosen, **kinds)
    assert step.status is StepStatus.SUCCEEDED, step.reason
    found = [json.loads(line) for line in (objects / "scores/a.jsonl.out").read_text(encoding="utf-8").splitlines()]
    assert found == [{"id": 1, "SageMakerOutput": {"sum": 3}}, {"id": 2, "SageMakerOutput": {"sum": 3}}]


@pytest.mark.parametrize(
    ("script", "arguments", "reason"),
    [
        (ECHO, {"DataProcessing": {"InputFilter": "$[5]"}}, "a.csv: $[5]: index 5 is asked of 2 values"),
        (
            "def predict_fn(data, model): return 1 / 0\n",
            {},
            "a.csv: records 1 to 2: predict_fn raises ZeroDivisionError",
        ),
        (
            "def transform_fn(model, data, content_type, accept): return data.splitlines()[0]\n",
            {"DataProcessing": {"JoinSource": "Input"}},
            "the model gives 1 lines for 2 records",
        ),
    ],
)
def test_what_stops_a_transform_job_is_its_reason(
    tmp_path: Path, script: str, arguments: dict[str, Any], reason: str
) -> None:
    step, _ = scored(tmp_path, script, {"a.csv": "1,2\n3,4\n"}, **arguments)
    assert step.status is StepStatus.FAILED
    assert reason in (step.reason or "")


def test_a_transform_job_without_input_fails(tmp_path: Path) -> None:
    step, _ = scored(tmp_path, ECHO, {})
    assert "no objects under s3://bucket/batch; SageMaker would fail to download it" in (step.reason or "")


def test_the_environment_of_a_transform_job_reaches_the_handlers(tmp_path: Path) -> None:
    script = """
import json, os
def transform_fn(model, data, content_type, accept):
    names = ("SAGEMAKER_BATCH", "SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_MAX_PAYLOAD_IN_MB", "LEVEL", "SM_MODEL_DIR")
    return json.dumps([os.environ[name] for name in names])
"""
    step, objects = scored(tmp_path, script, {"a.csv": "1\n"}, Environment={"LEVEL": "9"}, MaxPayloadInMB=1)
    assert step.status is StepStatus.SUCCEEDED, step.reason
    seen = json.loads((objects / "scores/a.csv.out").read_text(encoding="utf-8"))
    assert seen == ["True", "MULTI_RECORD", "1", "9", "/opt/ml/model"]


def test_a_model_of_somebody_else_is_not_served(tmp_path: Path) -> None:
    result, _ = run(tmp_path, [transform(model_name="theirs")], **{"a.csv": "1\n"})
    assert result.steps[0].status is StepStatus.NOT_EXECUTED
    assert "the model 'theirs' is not created by this pipeline" in (result.steps[0].reason or "")


def test_the_model_of_the_built_in_algorithm_scores_without_a_script(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    rows = xgboost.DMatrix([[0.0, 1.0], [1.0, 0.0]] * 8, [0.0, 1.0] * 8)
    (tmp_path / "model").write_bytes(xgboost.train({"max_depth": 1}, rows, 5).save_raw("ubj"))
    with tarfile.open(tmp_path / "given.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "model", "xgboost-model")
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    steps = [model(artifact=ARCHIVE, image=image, program=None), transform()]
    result, objects = run(tmp_path, steps, **{"a.csv": "0,1\n1,0\n"})
    assert result.success, [step.reason for step in result.steps]
    low, high = map(float, (objects / "scores/a.csv.out").read_text(encoding="utf-8").split())
    assert low < 0.3
    assert high > 0.7
