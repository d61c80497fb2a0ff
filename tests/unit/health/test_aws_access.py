"""Access to AWS, against moto, a real S3 server and a server that answers as it is told: every way to say no."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from builders import FakeClock
from cursus_readiness.health.aws_access import AwsAccess
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult
from s3_servers import Answer, Request, Server, free_port, interceptor, s3_error, use

ACTIONS = [
    "sts:GetCallerIdentity", "sagemaker:ListPipelines", "sagemaker:DescribePipeline", "cloudwatch:PutMetricData",
]  # fmt: skip
BUCKET_ACTIONS = [
    "s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
]  # fmt: skip
IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/t</Arn><UserId>t</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials of any kind."""
    use(monkeypatch, Server("http://127.0.0.1:9"), tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., HealthResult]:
    """The check against a server that answers as it is told, and leaves the rest to another one."""

    def check(
        intercept: Callable[[Request], Answer | None], behind: Server | None = None, check: AwsAccess | None = None
    ) -> HealthResult:
        with interceptor(behind, intercept) as server:
            use(monkeypatch, server, tmp_path)
            monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            return (check or AwsAccess(is_needed=True)).run()

    return check


def service_of(request: Request) -> str:
    """The service that a request is signed for."""
    return request.headers["Authorization"].split("/")[3]


def sts_error(code: str, status: int = 403) -> Answer:
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>told</Message></Error></ErrorResponse>"
    )
    return Answer(status, body.encode(), {"Content-Type": "text/xml"})


def is_about(request: Request, *, key: str) -> bool:
    return service_of(request) == "s3" and key in request.path


class TestNoCredentials:
    def test_without_any_aws_does_not_matter(self, nobody: None) -> None:
        assert AwsAccess().run().outcome is Outcome.NOT_APPLICABLE

    @pytest.mark.parametrize("check", [AwsAccess(is_needed=True), AwsAccess(bucket="b")], ids=["needed", "bucket"])
    def test_where_aws_is_needed_that_is_a_failure(self, check: AwsAccess, nobody: None) -> None:
        found = check.run()
        assert (found.outcome, found.message) == (Outcome.FAIL, "no AWS credentials are configured")
        assert found.remedy

    def test_the_role_of_an_instance_is_not_waited_for_where_nobody_needs_it(
        self, nobody: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[Request] = []

        def answer(request: Request) -> Answer:
            asked.append(request)
            return Answer(404)

        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        with interceptor(None, answer) as metadata:
            monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
            assert AwsAccess().run().outcome is Outcome.NOT_APPLICABLE
            assert asked == []
            assert AwsAccess(is_needed=True).run().outcome is Outcome.FAIL
        assert asked != []

    def test_a_profile_that_is_not_there_fails(self, nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        found = AwsAccess().run()
        assert found.outcome is Outcome.FAIL
        assert "nobody" in found.message
        assert found.remedy

    def test_half_of_a_key_fails(self, nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        assert AwsAccess().run().outcome is Outcome.FAIL


class TestRefused:
    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("ExpiredToken", "the credentials have expired"),
            ("InvalidClientTokenId", "the credentials are not accepted"),
            ("SignatureDoesNotMatch", "the credentials are not accepted"),
            ("RequestTimeTooSkewed", "the clock of this machine is wrong"),
        ],
    )
    def test_credentials_that_are_no_good_end_the_check(
        self, code: str, message: str, told: Callable[..., HealthResult]
    ) -> None:
        found = told(lambda _: sts_error(code))
        assert (found.outcome, found.message) == (Outcome.FAIL, f"sts:GetCallerIdentity: {message}")
        assert [part.name for part in found.parts] == ["sts:GetCallerIdentity"]
        assert found.remedy

    def test_a_code_that_nobody_knows_is_shown(self, told: Callable[..., HealthResult]) -> None:
        assert told(lambda _: sts_error("Nonsense", 400)).message.startswith("sts:GetCallerIdentity: Nonsense: told")


class TestUnreachable:
    def test_a_port_that_nobody_listens_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        use(monkeypatch, Server(f"http://127.0.0.1:{free_port()}"), tmp_path)
        found = AwsAccess(is_needed=True).run()
        assert found.outcome is Outcome.FAIL
        assert "AWS cannot be reached" in found.message
        assert found.remedy

    def test_a_service_that_does_not_answer_in_time(self, told: Callable[..., HealthResult]) -> None:
        answer = threading.Event()

        def wait(_: Request) -> Answer:
            answer.wait(60)
            return Answer(200)

        try:
            found = told(wait, check=AwsAccess(is_needed=True, answer_s=0.2))
        finally:
            answer.set()
        assert found.outcome is Outcome.FAIL
        assert "no answer in time" in found.message

    def test_a_connection_that_is_cut(self, told: Callable[..., HealthResult]) -> None:
        assert "was cut short" in told(lambda _: Answer(200, IDENTITY, sent_ratio=0.5)).message

    def test_a_proxy_that_answers_itself(self, told: Callable[..., HealthResult]) -> None:
        found = told(lambda _: Answer(200, b"<html>please sign in<br>"))
        assert "what answers is not AWS" in found.message
        assert "proxy" in (found.remedy or "")


class TestClock:
    @pytest.mark.parametrize(
        ("off_s", "outcome"),
        [(60, Outcome.PASS), (-60, Outcome.PASS), (61, Outcome.WARN), (-300, Outcome.WARN), (301, Outcome.FAIL)],
    )
    def test_a_clock_that_is_not_that_of_aws(
        self, off_s: int, outcome: Outcome, told: Callable[..., HealthResult], tmp_path: Path
    ) -> None:
        clock = FakeClock()
        date = format_datetime(clock.now() + timedelta(seconds=off_s), usegmt=True)
        with monkeypatched_date(date) as answer:
            found = told(lambda _: answer, check=AwsAccess(clock=clock))
        assert found.outcome is outcome
        assert ("apart" in found.message) is (outcome is not Outcome.PASS)


@contextmanager
def monkeypatched_date(date: str) -> Iterator[Answer]:
    """An identity, with the only date that is sent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", lambda *_: date)
        yield Answer(200, IDENTITY, {"Content-Type": "text/xml"})


@pytest.mark.slow
class TestMoto:
    def check(self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: object) -> HealthResult:
        use(monkeypatch, server, tmp_path)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return AwsAccess(**options).run()  # type: ignore[arg-type]

    def test_where_aws_is_not_needed_only_the_identity_is_asked_for(
        self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.check(moto, tmp_path, monkeypatch)
        assert (found.outcome, found.message) == (Outcome.PASS, "credentials of account 123456789012 work")
        assert len(found.parts) == 1

    def test_every_action_that_is_needed_is_tried(
        self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.check(moto, tmp_path, monkeypatch, is_needed=True)
        assert found.outcome is Outcome.PASS
        assert [part.name for part in found.parts] == ACTIONS

    def test_a_bucket_that_is_good(self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bucket = moto.new_bucket()
        client = moto.client("s3")
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        found = self.check(moto, tmp_path, monkeypatch, bucket=bucket)
        assert found.outcome is Outcome.PASS
        assert [part.name for part in found.parts] == ACTIONS + BUCKET_ACTIONS
        assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        client.close()

    def test_a_bucket_without_versions_and_encryption_is_warned_of(
        self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bucket = moto.new_bucket()
        client = moto.client("s3")
        client.delete_bucket_encryption(Bucket=bucket)
        client.close()
        found = self.check(moto, tmp_path, monkeypatch, bucket=bucket)
        assert found.outcome is Outcome.WARN
        assert "keeps no versions" in found.message
        assert "no default encryption" in found.message
        assert "put-bucket-versioning" in (found.remedy or "")

    def test_a_bucket_that_is_not_there(self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = self.check(moto, tmp_path, monkeypatch, bucket="no-such-bucket-anywhere")
        assert found.outcome is Outcome.FAIL
        assert "s3:ListBucket: there is no such bucket" in found.message

    def test_a_bucket_of_another_region(
        self, moto: Server, told: Callable[..., HealthResult], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bucket = moto.new_bucket()

        def elsewhere(request: Request) -> Answer | None:
            is_head = request.method == "HEAD" and service_of(request) == "s3"
            return Answer(200, headers={"x-amz-bucket-region": "eu-west-1"}) if is_head else None

        found = told(elsewhere, moto, AwsAccess(bucket=bucket))
        assert found.outcome is Outcome.FAIL
        assert f"bucket {bucket} is in eu-west-1, and this is us-east-1" in found.message
        assert "AWS_DEFAULT_REGION" in (found.remedy or "")

    def test_a_bucket_that_redirects_to_its_region(self, moto: Server, told: Callable[..., HealthResult]) -> None:
        bucket = moto.new_bucket()
        found = told(
            lambda request: (
                s3_error(301, "PermanentRedirect")
                if request.method != "HEAD" and is_about(request, key=bucket)
                else None
            ),
            moto,
            AwsAccess(bucket=bucket),
        )
        assert found.outcome is Outcome.FAIL
        assert "s3:PutObject: the bucket is in another region" in found.message

    def test_every_action_that_is_denied_is_named_and_the_others_are_tried(
        self, moto: Server, told: Callable[..., HealthResult]
    ) -> None:
        bucket = moto.new_bucket()

        def deny(request: Request) -> Answer | None:
            if service_of(request) == "sagemaker" and request.operation == "DescribePipeline":
                body = json.dumps({"__type": "AccessDeniedException", "Message": "no"}).encode()
                return Answer(400, body, {"Content-Type": "application/x-amz-json-1.1"})
            is_put = request.method == "PUT" and is_about(request, key="cursus-readiness-probe/")
            return s3_error(403, "AccessDenied") if is_put or is_about(request, key="?versioning") else None

        found = told(deny, moto, AwsAccess(bucket=bucket))
        denied = {part.name for part in found.parts if part.message.endswith("is denied")}
        assert denied == {"sagemaker:DescribePipeline", "s3:PutObject", "s3:GetBucketVersioning"}
        assert all(name in (found.remedy or "") for name in denied)
        assert [part.name for part in found.parts] == ACTIONS + BUCKET_ACTIONS

    def test_what_comes_back_changed_fails(self, moto: Server, told: Callable[..., HealthResult]) -> None:
        bucket = moto.new_bucket()
        found = told(
            lambda request: (
                Answer(200, b"changed")
                if request.method == "GET" and is_about(request, key="cursus-readiness-probe/")
                else None
            ),
            moto,
            AwsAccess(bucket=bucket),
        )
        assert "is not what was written" in found.message

    def test_a_pipeline_that_is_there_is_described(
        self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = moto.client("sagemaker")
        client.create_pipeline(PipelineName="churn", RoleArn=f"arn:aws:iam::123456789012:role/{'r' * 20}",
                               PipelineDefinition="{}", ClientRequestToken="t" * 32)  # fmt: skip
        try:
            assert self.check(moto, tmp_path, monkeypatch, is_needed=True).outcome is Outcome.PASS
        finally:
            client.delete_pipeline(PipelineName="churn", ClientRequestToken="t" * 32)
            client.close()


@pytest.mark.slow
class TestRealS3:
    """Ceph's gateway has S3 and STS's protocol, but neither SageMaker nor CloudWatch: those are moto's."""

    @pytest.fixture
    def both(self, gateway: Server, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
        use(monkeypatch, moto, tmp_path)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", gateway.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return gateway

    def test_a_probe_is_written_read_and_removed(self, both: Server) -> None:
        bucket = both.new_bucket()
        client = both.client("s3")
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        found = AwsAccess(bucket=bucket).run()
        outcomes = {part.name: part.outcome for part in found.parts if part.name.startswith("s3:")}
        assert [outcomes[name] for name in BUCKET_ACTIONS[:5]] == [Outcome.PASS] * 5
        assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        client.close()

    def test_a_wrong_secret_is_not_accepted(self, both: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        bucket = both.new_bucket()
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        found = AwsAccess(bucket=bucket).run()
        assert found.outcome is Outcome.FAIL
        assert "s3:ListBucket" in found.message
