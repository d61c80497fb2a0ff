"""What goes wrong on the way to AWS is told with what to do, and no secret is ever in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import a_scenario, a_served
from cursus_readiness import workflow
from cursus_readiness.errors import CannotRunError
from cursus_readiness.sources.aws import retry
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.s3 import S3Source
from pipelines import processing, write_pipeline
from s3_servers import SECRET, Answer, Request, Server, free_port, interceptor, s3_error, use

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_PAUSE_S", 0.0)


def fetch(tmp_path: Path, source: str = "s3://some-bucket/in/", **binding: Any) -> None:
    served = a_served("s3://bucket/in/", source, **binding)
    S3Source().materialise(served, a_scenario(tmp_path), tmp_path / "in")


ANSWERS = {
    "an expired token": (s3_error(400, "ExpiredToken"), "the AWS credentials have expired .*; renew them"),
    "an unknown key": (s3_error(403, "InvalidAccessKeyId"), "AWS does not know the access key"),
    "a wrong secret": (s3_error(403, "SignatureDoesNotMatch"), "the AWS secret does not fit"),
    "denied": (s3_error(403, "AccessDenied"), r"access is denied .*; docs/s3\.md has the policy"),
    "no such bucket": (s3_error(404, "NoSuchBucket"), "there is no such bucket"),
    "another region": (
        s3_error(400, "IllegalLocationConstraintException", x_amz_bucket_region="eu-west-1"),
        "the bucket is in another region .*; set region to eu-west-1",
    ),
    "throttled for good": (s3_error(503, "SlowDown"), "it asks for fewer requests .*; try again later"),
    "a clock that is wrong": (s3_error(403, "RequestTimeTooSkewed"), "this machine's clock is wrong"),
    "something new": (s3_error(400, "SomethingNew"), r"told by the tests \(SomethingNew\)"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "told"), ANSWERS.values(), ids=ANSWERS.keys())
def test_what_s3_answers_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Answer, told: str
) -> None:
    with interceptor(None, lambda _: answer) as server:
        use(monkeypatch, server, tmp_path / "cache")
        with pytest.raises(SourceError, match=rf"s3://some-bucket/in/ cannot be listed: .*{told}") as caught:
            fetch(tmp_path)
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "in").exists()


def test_what_is_throttled_for_a_while_succeeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server) -> None:
    bucket = moto.new_bucket()
    with closing(moto.client("s3")) as client:
        client.put_object(Bucket=bucket, Key="in/a", Body=b"1")
    seen: dict[str, int] = {}

    def busy_at_first(request: Request) -> Answer | None:
        seen[request.path] = seen.get(request.path, 0) + 1
        return s3_error(503, "SlowDown") if seen[request.path] < 3 else None

    with interceptor(moto, busy_at_first) as server:
        use(monkeypatch, server, tmp_path / "cache")
        fetch(tmp_path, f"s3://{bucket}/in/")
    assert (tmp_path / "in/a").read_bytes() == b"1"
    assert set(seen.values()) == {3}


def test_a_body_that_always_breaks_off_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server) -> None:
    bucket = moto.new_bucket()
    with closing(moto.client("s3")) as client:
        etag = client.put_object(Bucket=bucket, Key="in/a", Body=b"12345")["ETag"]

    def cut(request: Request) -> Answer | None:
        is_object = request.key.endswith("in/a") and request.method == "GET"
        headers = {"ETag": etag, "Content-Range": "bytes 0-4/5"}
        return Answer(200, b"12345", headers, sent_ratio=0.0) if is_object else None

    with interceptor(moto, cut) as server:
        use(monkeypatch, server, tmp_path / "cache")
        with pytest.raises(SourceError, match=rf"s3://{bucket}/in/a cannot be downloaded: the connection breaks off"):
            fetch(tmp_path, f"s3://{bucket}/in/")


def test_a_service_that_ignores_ranges_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server) -> None:
    bucket = moto.new_bucket()
    with closing(moto.client("s3")) as client:
        etag = client.put_object(Bucket=bucket, Key="in/a", Body=b"x" * 9_000_000)["ETag"]

    def whole(request: Request) -> Answer | None:
        is_object = request.key.endswith("in/a") and request.method == "GET"
        return Answer(200, b"x" * 9_000_000, {"ETag": etag}) if is_object else None

    with interceptor(moto, whole) as server:
        use(monkeypatch, server, tmp_path / "cache")
        with pytest.raises(SourceError, match="the service answers a range with something else"):
            fetch(tmp_path, f"s3://{bucket}/in/")


def test_nobody_who_answers_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, Server(f"http://127.0.0.1:{free_port()}"), tmp_path / "cache")
    with pytest.raises(SourceError, match=r"it cannot be reached .*; check the network, the region and endpoint_url"):
        fetch(tmp_path)


def test_no_credentials_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server) -> None:
    use(monkeypatch, moto, tmp_path / "cache")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SourceError, match=r"no AWS credentials were found .*; set AWS_PROFILE"):
        fetch(tmp_path)


def test_a_profile_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server) -> None:
    use(monkeypatch, moto, tmp_path / "cache")
    with pytest.raises(SourceError, match=r"there is no such AWS profile .*; name one of"):
        fetch(tmp_path, profile="nobodys")


def test_an_address_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, Server("no-address"), tmp_path / "cache")
    with pytest.raises(SourceError, match="s3 cannot be used: Invalid endpoint: no-address"):
        fetch(tmp_path)


READ = "assert open('/opt/ml/processing/input/data/rows.csv').read() == '1'"


def pipeline(folder: Path, source: Any) -> Path:
    steps = [processing("Use", "use.py", inputs={"data": "s3://data-of-the-plan/in/"})]
    inputs = {"s3://bucket/code/": "local:code/", "s3://data-of-the-plan/in/": source}
    return write_pipeline(folder, steps, {"use.py": READ}, inputs=inputs)


def test_a_run_reads_its_inputs_from_s3_and_no_secret_is_left_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server
) -> None:
    bucket = moto.new_bucket()
    with closing(moto.client("s3")) as client:
        client.put_object(Bucket=bucket, Key="real/rows.csv", Body=b"1")
    use(monkeypatch, moto, tmp_path / "cache")
    heard: list[dict[str, Any]] = []
    path = pipeline(tmp_path, f"s3://{bucket}/real/")
    outcome = workflow.run(path, tmp_path / "reports", listener=heard.append)
    assert outcome.report.verdict == "READY", outcome.report.reason
    downloads = [event for event in heard if event["event"] == "downloading"]
    assert [(item["uri"], item["done_bytes"], item["total_bytes"]) for item in downloads] == [
        (f"s3://{bucket}/real/", 1, 1)
    ]
    kept = [file for file in (tmp_path / "reports").rglob("*") if file.is_file() and not file.is_symlink()]
    assert [file for file in kept if SECRET.encode() in file.read_bytes()] == []


def test_the_uri_itself_is_read_for_real_when_the_source_says_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server
) -> None:
    with closing(moto.client("s3")) as client:
        client.create_bucket(Bucket="data-of-the-plan")
        client.put_object(Bucket="data-of-the-plan", Key="in/rows.csv", Body=b"1")
    use(monkeypatch, moto, tmp_path / "cache")
    path = pipeline(tmp_path, "s3:")
    assert workflow.run(path, tmp_path / "reports").report.verdict == "READY"
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    del fields["inputs"]["s3://data-of-the-plan/in/"]
    path.write_text(yaml.safe_dump({**fields, "data_source": "s3"}), encoding="utf-8")
    assert workflow.run(path, tmp_path / "reports").report.verdict == "READY"


def test_inputs_that_cannot_be_had_keep_a_scenario_from_being_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server
) -> None:
    use(monkeypatch, moto, tmp_path / "cache")
    outcome = workflow.run(pipeline(tmp_path, "s3://no-such-bucket-here/x/"), tmp_path / "reports")
    assert outcome.report.exit_code == 5
    assert "there is no such bucket (NoSuchBucket)" in (outcome.report.scenarios[0].error_details or "")


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("arn:aws:sagemaker:us-east-1:000000000000:pipeline/none", "cannot be read by list_pipeline_executions"),
        ("run-of-yesterday", "is neither the ARN of a pipeline or of its execution nor an s3:// prefix"),
        ("s3://X/", "is no s3://bucket/key"),
        ("s3://no-such-bucket-here/", "there is no such bucket"),
    ],
)
def test_an_execution_that_cannot_be_read_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: Server, reference: str, told: str
) -> None:
    from cursus_readiness.model.report import RunSettings

    use(monkeypatch, moto, tmp_path / "cache")
    settings = RunSettings(from_step="Use", execution=reference)
    with pytest.raises(CannotRunError, match=told):
        workflow.run(pipeline(tmp_path, "s3:"), tmp_path / "reports", settings=settings)
