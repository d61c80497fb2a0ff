"""Model, RegisterModel and Transform Arguments become jobs, or a reason why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError
from cursus_readiness.jobs.model import Model
from cursus_readiness.jobs.register_model import RegisterModel
from cursus_readiness.jobs.transform import Transform
from cursus_readiness.model.job import Job
from served_models import XGBOOST, container, model, register, transform

ARTIFACT = "s3://bucket/models/model.tar.gz"
INSTRUCTIONS = "/opt/ml/stand-in/instructions.json"


def context(**models: dict[str, Any]) -> JobContext:
    return JobContext("job-1", "us-east-1", models=models)


def told(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(job.files[INSTRUCTIONS])
    return found


def checked(definition: dict[str, Any]) -> Job:
    return Model().build("A", {"PrimaryContainer": definition}, context())


def transformed(definition: dict[str, Any] | None = None, **arguments: Any) -> Job:
    models = {"m": {"PrimaryContainer": definition or container(ARTIFACT)}}
    return Transform().build("A", transform(model_name="m", **arguments)["Arguments"], context(**models))


def registered(**arguments: Any) -> Job:
    written = register(**arguments)["Arguments"]
    for item in written["InferenceSpecification"].get("Containers", []):
        item["ModelDataUrl"] = ARTIFACT
    return RegisterModel().build("A", written, context())


def specification(**members: Any) -> dict[str, Any]:
    return {**register()["Arguments"]["InferenceSpecification"], **members}


def test_a_model_is_opened_by_a_stand_in_that_is_named() -> None:
    job = checked(container(ARTIFACT))
    assert [(item.name, item.uri) for item in job.inputs] == [
        ("model", ARTIFACT),
        ("source", "s3://bucket/code/serving.tar.gz"),
    ]
    assert job.stand_in
    assert "nothing is created" in job.stand_in
    assert set(job.files) >= {"/opt/ml/stand-in/model_check.py", "/opt/ml/stand-in/readiness_handlers.py"}
    (one,) = told(job)["containers"]
    assert (one["program"], one["code_dir"], one["framework"]) == ("inference.py", "/opt/ml/code", "scikit-learn")
    assert one["environment"]["SM_MODEL_DIR"] == "/opt/ml/model"


@pytest.mark.parametrize("source", ["/opt/ml/model/code", "file:///opt/ml/model/code"])
def test_a_script_inside_the_artifact_is_looked_for_there(source: str) -> None:
    job = checked(container(ARTIFACT, source=source))
    assert [item.name for item in job.inputs] == ["model"]
    assert told(job)["containers"][0]["code_dir"] == "/opt/ml/model/code"


def test_every_container_of_a_pipeline_model_is_checked_in_order() -> None:
    definitions = [container(ARTIFACT), container("s3://bucket/other.tar.gz", image="img", program=None)]
    job = Model().build("A", {"Containers": definitions}, context())
    assert [item.name for item in job.inputs] == ["model-1", "source-1", "model-2"]
    assert [item["framework"] for item in told(job)["containers"]] == ["scikit-learn", None]
    assert len({item.path for item in job.inputs}) == 3


def test_an_artifact_that_is_not_packed_is_not_taken_for_an_archive() -> None:
    source = {"S3DataSource": {"S3Uri": "s3://bucket/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    job = checked({"Image": "img", "ModelDataSource": source})
    assert told(job)["containers"][0]["is_archive"] is False
    assert job.inputs[0].uri == "s3://bucket/m/"


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"Image": "img"}, "brings its own model"),
        ({"ModelPackageName": "arn:aws:sagemaker:us-east-1:0:model-package/a/1"}, "registry"),
        ({**container(ARTIFACT), "Mode": "MultiModel"}, "MultiModel"),
    ],
)
def test_a_model_that_cannot_be_opened_says_why(definition: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedJobError, match=reason):
        checked(definition)


@pytest.mark.parametrize(
    ("definition", "at"),
    [
        (container("model.tar.gz"), ".PrimaryContainer.ModelDataUrl"),
        (container(ARTIFACT, program="../x.py"), ".PrimaryContainer.Environment.SAGEMAKER_PROGRAM"),
        (container(ARTIFACT, source="elsewhere"), ".PrimaryContainer.Environment.SAGEMAKER_SUBMIT_DIRECTORY"),
    ],
)
def test_a_mistake_in_a_container_is_placed(definition: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        checked(definition)
    assert caught.value.at == at


def test_a_model_of_no_container_is_a_mistake() -> None:
    with pytest.raises(ArgumentsError, match="no container"):
        Model().build("A", {}, context())


def test_properties_are_those_of_the_service() -> None:
    arguments = model()["Arguments"]
    seen = Model().properties(arguments, context())
    assert seen["ModelName"] == "job-1"
    assert seen["ModelArn"] == "arn:aws:sagemaker:us-east-1:000000000000:model/job-1"
    assert Model().properties({**arguments, "ModelName": "mine"}, context())["ModelName"] == "mine"
    package = RegisterModel().properties({"ModelPackageGroupName": "prices"}, context())
    assert package["ModelPackageArn"] == "arn:aws:sagemaker:us-east-1:000000000000:model-package/prices/1"
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    scores = Transform().properties(transform()["Arguments"], context())
    assert scores["TransformOutput"]["S3OutputPath"] == "s3://bucket/scores"
    assert scores["TransformJobName"] == "job-1"


def test_metrics_of_a_package_are_read() -> None:
    source = {"ContentType": "application/json", "S3Uri": "s3://bucket/eval/evaluation.json"}
    metrics = {"ModelQuality": {"Statistics": source}, "Bias": {}, "Explainability": {}}
    job = registered(ModelMetrics=metrics, DriftCheckBaselines={"ModelQuality": {"Constraints": source}})
    assert [item.name for item in job.inputs[2:]] == [
        "ModelMetrics.ModelQuality.Statistics",
        "DriftCheckBaselines.ModelQuality.Constraints",
    ]
    assert [item["uri"] for item in told(job)["metrics"]] == ["s3://bucket/eval/evaluation.json"] * 2
    assert job.stand_in
    assert "nothing is registered" in job.stand_in


@pytest.mark.parametrize(
    ("arguments", "at"),
    [
        ({"ModelApprovalStatus": "Maybe"}, ".ModelApprovalStatus"),
        ({"ModelPackageGroupName": "-prices"}, ".ModelPackageGroupName"),
        ({"ModelPackageGroupName": "x" * 64}, ".ModelPackageGroupName"),
        (
            {"InferenceSpecification": specification(SupportedContentTypes=["text/csv", "csv"])},
            ".InferenceSpecification.SupportedContentTypes[1]",
        ),
        (
            {"InferenceSpecification": specification(SupportedResponseMIMETypes=["a/b c"])},
            ".InferenceSpecification.SupportedResponseMIMETypes[0]",
        ),
        (
            {"InferenceSpecification": specification(SupportedTransformInstanceTypes=["m5.large"])},
            ".InferenceSpecification.SupportedTransformInstanceTypes[0]",
        ),
        ({"CustomerMetadataProperties": {"a": None}}, ".CustomerMetadataProperties.a"),
        ({"ModelMetrics": {"Bias": {"Report": {}}}}, ".ModelMetrics.Bias.Report.S3Uri"),
    ],
)
def test_what_the_registry_would_refuse_is_a_mistake(arguments: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        registered(**arguments)
    assert caught.value.at == at


@pytest.mark.parametrize(
    "content_type", ["text/csv", "application/x-npy", "application/json; charset=utf-8", "image/*"]
)
def test_mime_types_are_accepted(content_type: str) -> None:
    registered(InferenceSpecification=specification(SupportedContentTypes=[content_type]))


def test_the_name_of_a_group_may_be_its_arn_or_be_known_later() -> None:
    registered(ModelPackageGroupName="arn:aws:sagemaker:us-east-1:000000000000:model-package-group/prices")
    registered(ModelPackageGroupName="⟦Steps.A.B⟧", ModelApprovalStatus="⟦Steps.A.C⟧")


def test_a_package_without_a_specification_cannot_be_checked() -> None:
    with pytest.raises(UnsupportedJobError, match="InferenceSpecification"):
        registered(InferenceSpecification={})


def test_a_transform_job_is_served_with_the_environment_of_the_service() -> None:
    job = transformed(Environment={"LEVEL": "9"}, BatchStrategy="SingleRecord", MaxPayloadInMB=2)
    assert job.environment["SAGEMAKER_BATCH"] == "True"
    assert job.environment["SAGEMAKER_BATCH_STRATEGY"] == "SINGLE_RECORD"
    assert job.environment["SAGEMAKER_MAX_PAYLOAD_IN_MB"] == "2"
    assert job.environment["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] == "1"
    assert job.environment["SAGEMAKER_PROGRAM"] == "inference.py"
    assert job.environment["LEVEL"] == "9"
    assert [(item.name, item.uri) for item in job.outputs] == [("transform", "s3://bucket/scores")]
    assert [item.name for item in job.inputs] == ["model", "source", "input"]


def test_what_is_not_said_is_as_the_service_has_it() -> None:
    arguments = transform(model_name="m")["Arguments"]
    arguments["TransformInput"] = {"DataSource": arguments["TransformInput"]["DataSource"]}
    arguments["TransformOutput"] = {"S3OutputPath": "s3://bucket/scores"}
    job = Transform().build("A", arguments, context(m={"PrimaryContainer": container(ARTIFACT)}))
    settings = {key: value for key, value in told(job).items() if key not in ("container", "input_uri")}
    assert settings == {
        "content_type": None,
        "compression": "None",
        "split": "None",
        "accept": None,
        "assemble": "None",
        "strategy": "MultiRecord",
        "max_payload_mb": 6,
        "input_filter": "$",
        "output_filter": "$",
        "join": "None",
    }


def test_the_built_in_algorithm_is_told_from_a_script() -> None:
    assert "built-in XGBoost" in (transformed(container(ARTIFACT, image=XGBOOST, program=None)).stand_in or "")
    assert "handlers" in (transformed(container(ARTIFACT, image=XGBOOST)).stand_in or "")


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (
            lambda: Transform().build("A", transform(model_name="m")["Arguments"], context()),
            "not created by this pipeline",
        ),
        (lambda: transformed(container(ARTIFACT, image="img", program=None)), "the image decides"),
        (lambda: transformed(source={"DataSource": {"S3DataSource": {"S3DataType": "ManifestFile"}}}), "ManifestFile"),
        (
            lambda: transformed(output={"Accept": "application/json"}, DataProcessing={"JoinSource": "Input"}),
            "only like is joined",
        ),
    ],
)
def test_a_job_that_cannot_be_executed_says_why(job: Any, reason: str) -> None:
    with pytest.raises(UnsupportedJobError, match=reason):
        job()


def test_a_model_of_two_containers_is_not_served() -> None:
    models = {"m": {"Containers": [container(ARTIFACT)] * 2}}
    with pytest.raises(UnsupportedJobError, match="2 containers"):
        Transform().build("A", transform(model_name="m")["Arguments"], context(**models))


@pytest.mark.parametrize(
    ("arguments", "at"),
    [
        ({"BatchStrategy": "Many"}, ".BatchStrategy"),
        ({"MaxPayloadInMB": 101}, ".MaxPayloadInMB"),
        ({"MaxPayloadInMB": 30, "MaxConcurrentTransforms": 4}, ".MaxPayloadInMB"),
        ({"source": {"SplitType": "Word"}}, ".TransformInput.SplitType"),
        ({"source": {"CompressionType": "Zip"}}, ".TransformInput.CompressionType"),
        ({"output": {"AssembleWith": "RecordIO"}}, ".TransformOutput.AssembleWith"),
        ({"DataProcessing": {"JoinSource": "Output"}}, ".DataProcessing.JoinSource"),
        ({"DataProcessing": {"InputFilter": "$" + "[0]" * 30}}, ".DataProcessing.InputFilter"),
        ({"source": {"ContentType": None}, "DataProcessing": {"InputFilter": "$[1:]"}}, ".DataProcessing.InputFilter"),
        ({"output": {"Accept": None}, "DataProcessing": {"OutputFilter": "$[1]"}}, ".DataProcessing.OutputFilter"),
        ({"output": {"Accept": "image/png"}, "DataProcessing": {"JoinSource": "Input"}}, ".DataProcessing.JoinSource"),
        ({"source": {"SplitType": "None"}, "DataProcessing": {"InputFilter": "$[1:]"}}, ".TransformInput.SplitType"),
        (
            {"output": {"AssembleWith": "None"}, "DataProcessing": {"JoinSource": "Input"}},
            ".TransformOutput.AssembleWith",
        ),
    ],
)
def test_what_the_service_would_refuse_is_a_mistake(arguments: dict[str, Any], at: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        transformed(**arguments)
    assert caught.value.at == at
