"""Scripts that call AWS by themselves come to the run's own store, and to nothing else."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness import workflow
from cursus_readiness.model.report import ReadinessReport, Verdict
from pipelines import output_of, processing, write_pipeline

FETCH = """
import boto3, os
s3 = boto3.client("s3")
s3.download_file("bucket", "raw/day=1/rows.csv", "/tmp/rows.csv")
keys = [item["Key"] for item in s3.list_objects_v2(Bucket="bucket", Prefix="raw/")["Contents"]]
assert keys == ["raw/day=1/rows.csv", "raw/day=2/rows.csv"], keys
text = open("/tmp/rows.csv").read()
open("/opt/ml/processing/output/table/rows.csv", "w").write(text)
s3.upload_file("/tmp/rows.csv", "bucket", "copied/rows.csv")
account = boto3.client("sts").get_caller_identity()["Account"]
assert account == "000000000000", account
"""
READ = """
import boto3
assert open("/opt/ml/processing/input/table/rows.csv").read() == "1,2\\n"
assert open("/opt/ml/processing/input/copied/rows.csv").read() == "1,2\\n"
"""
CALL = """
import boto3
from botocore.exceptions import ClientError
try:
    boto3.client("sagemaker").list_models()
except ClientError as error:
    print(error)
try:
    boto3.client("s3").get_object(Bucket="bucket", Key="nothing")
except ClientError as error:
    assert error.response["Error"]["Code"] == "NoSuchKey"
raise SystemExit(3)
"""


def run(folder: Path, *steps: dict[str, object], **scripts: str) -> ReadinessReport:
    for day in (1, 2):
        place = folder / "raw" / f"day={day}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "rows.csv").write_text(f"{day},2\n", encoding="utf-8")
    inputs = {"s3://bucket/code/": "local:code/", "s3://bucket/raw/": "local:raw/"}
    files = {f"{name}.py": text for name, text in scripts.items()}
    return workflow.run(write_pipeline(folder, list(steps), files, inputs=inputs), folder / "reports").report


def test_a_script_fetches_its_input_and_uploads_what_the_next_step_reads(tmp_path: Path) -> None:
    fetch = processing("Fetch", "fetch.py", outputs={"table": "s3://bucket/table"})
    inputs = {"table": output_of("Fetch", "table"), "copied": "s3://bucket/copied"}
    report = run(tmp_path, fetch, processing("Read", "read.py", inputs=inputs), fetch=FETCH, read=READ)
    assert report.verdict is Verdict.READY, report.reason
    seen = {(access.operation, access.uri, access.status) for access in report.scenarios[0].steps[0].accesses}
    assert ("GetObject", "s3://bucket/raw/day=1/rows.csv", 200) in seen
    assert ("PutObject", "s3://bucket/copied/rows.csv", 200) in seen
    assert (tmp_path / "raw/day=1/rows.csv").read_text(encoding="utf-8") == "1,2\n"


def test_what_is_not_there_and_what_is_not_reachable_is_told(tmp_path: Path) -> None:
    report = run(tmp_path, processing("Call", "call.py"), call=CALL)
    found = {finding.id: finding for finding in report.scenarios[0].findings if finding.step == "Call"}
    assert "s3://bucket/nothing (GetObject), which is not there" in found["missing-object"].message
    assert "called sagemaker ListModels" in found["unreachable-service"].message
    assert report.scenarios[0].steps[0].exit_code == 3
    log = next((tmp_path / "reports").glob("2*/pipeline/Call/stdout.log")).read_text(encoding="utf-8")
    assert "sagemaker is not reachable in a readiness run" in log
