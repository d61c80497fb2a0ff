"""Who is told of a run, and what happens when they cannot be told: real servers, moto for AWS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import START, a_report, a_result
from cursus_readiness.announcing import announce, channels_of
from cursus_readiness.channels.base import LONGEST_TEXT, Channel, News, NotToldError
from cursus_readiness.channels.cloudwatch import CloudWatch
from cursus_readiness.channels.sns import SnsTopic
from cursus_readiness.channels.webhook import Webhook
from cursus_readiness.errors import UsageError
from cursus_readiness.model.report import ReadinessReport, RunSettings
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.verdict import Verdict
from earlier_runs import a_run_id, a_summary, a_timed_step, write_run
from s3_servers import Answer, Request, Server, free_port, interceptor, use

FAILED = a_timed_step(status=StepStatus.FAILED)


def a_run(number: int = 0, **changes: Any) -> ReadinessReport:
    fields = {"run_id": a_run_id(number), "started_at": START + timedelta(hours=number)}
    return a_report(a_result()).model_copy(update={**fields, **changes})


def news(before: Verdict | None = Verdict.NOT_READY, **changes: Any) -> News:
    return News(a_run(**changes), before)


@contextmanager
def a_webhook(status: int = 200, **answer: Any) -> Iterator[tuple[str, list[Request]]]:
    """The address of a webhook that answers so, and what it was sent."""
    received: list[Request] = []

    def keep(request: Request) -> Answer:
        received.append(request)
        return Answer(status, b"ok", **answer)

    with interceptor(None, keep) as server:
        yield f"{server.url}/services/secret", received


class TestNews:
    @pytest.mark.parametrize(
        ("before", "settings", "is_change"),
        [
            (Verdict.READY, {}, False),
            (Verdict.NOT_READY, {}, True),
            (None, {}, True),
            (Verdict.NOT_READY, {"only": ("churn",)}, False),
            (Verdict.NOT_READY, {"tags": ("smoke",)}, False),
        ],
    )
    def test_another_verdict_of_everything_is_a_change(
        self, before: Verdict | None, settings: dict[str, Any], is_change: bool
    ) -> None:
        assert news(before, settings=RunSettings(**settings)).is_change is is_change

    def test_the_text_says_what_it_was_and_what_it_is(self) -> None:
        lines = news().text.splitlines()
        assert lines[0] == "cursus-readiness: READY (was NOT READY)"
        assert lines[-1] == f"run {a_run_id(0)}, commit 0123456789ab"

    def test_scenarios_that_did_not_pass_are_named(self) -> None:
        report = a_report(a_result([FAILED], scenario_name="churn"))
        assert "not passed: churn" in News(report, None).text.splitlines()

    def test_the_text_is_of_one_piece_and_not_too_long(self) -> None:
        text = news(reason="a\x1b[31m\nb" + "c" * 9_999).text
        assert "\x1b" not in text
        assert len(text) == LONGEST_TEXT


class TestWebhook:
    def test_a_message_is_posted_as_slack_takes_it(self) -> None:
        with a_webhook() as (url, received):
            Webhook(url).tell(news(reason="<b> & more"))
        assert received[0].method == "POST"
        assert received[0].headers["Content-Type"] == "application/json"
        text = json.loads(received[0].body)["text"]
        assert text.startswith("cursus-readiness: READY (was NOT READY)\n&lt;b&gt; &amp; more")

    @pytest.mark.parametrize("status", [302, 404, 500])
    def test_an_answer_that_is_no_yes_is_not_told(self, status: int) -> None:
        with (
            a_webhook(status, headers={"Location": "http://127.0.0.1/"}) as (url, _),
            pytest.raises(NotToldError, match=f"127.0.0.1 answered {status}") as caught,
        ):
            Webhook(url).tell(news())
        assert "secret" not in str(caught.value)

    def test_a_host_that_is_not_there_is_named_and_the_secret_is_not(self) -> None:
        with pytest.raises(NotToldError, match=r"127\.0\.0\.1 cannot be reached") as caught:
            Webhook(f"http://127.0.0.1:{free_port()}/secret").tell(news())
        assert "secret" not in str(caught.value)

    def test_a_host_that_does_not_answer_is_not_waited_for(self) -> None:
        done = threading.Event()

        def wait(_: Request) -> Answer:
            done.wait(60)
            return Answer(200)

        with interceptor(None, wait) as server:
            try:
                with pytest.raises(NotToldError, match="timed out"):
                    Webhook(server.url, timeout_s=0.2).tell(news())
            finally:
                done.set()

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "hooks.slack.com/x", "https://", ""])
    def test_what_is_no_address_is_wrong_usage(self, url: str) -> None:
        with pytest.raises(UsageError):
            Webhook(url)


class TestAddresses:
    @pytest.mark.parametrize("arn", ["topic", "arn:aws:sqs:us-east-1:1:t", "arn:aws:sns:us-east-1::t"])
    def test_what_is_no_topic_is_wrong_usage(self, arn: str) -> None:
        with pytest.raises(UsageError, match="no ARN of a topic"):
            SnsTopic(arn)

    @pytest.mark.parametrize("namespace", ["AWS/Mine", "with blank", "", "n" * 256])
    def test_what_is_no_namespace_is_wrong_usage(self, namespace: str) -> None:
        with pytest.raises(UsageError, match="no namespace"):
            CloudWatch(namespace)

    def test_only_the_channels_that_are_asked_for_are_made(self) -> None:
        assert channels_of(webhook=None, sns=None, cloudwatch=None) == []
        made = channels_of(webhook="http://h/", sns="arn:aws:sns:eu-west-1:1:t", cloudwatch="N")
        assert [channel.name for channel in made] == ["webhook", "SNS", "CloudWatch"]


@pytest.mark.slow
class TestAws:
    @pytest.fixture
    def aws(self, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
        use(monkeypatch, moto, tmp_path)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return moto

    def test_a_topic_is_told(self, aws: Server) -> None:
        sns, sqs = aws.client("sns"), aws.client("sqs")
        topic = sns.create_topic(Name="readiness")["TopicArn"]
        queue = sqs.create_queue(QueueName="readiness")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        SnsTopic(topic).tell(news())
        message = json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
        assert message["Subject"] == "cursus-readiness: READY (was NOT READY)"
        assert a_run_id(0) in message["Message"]
        sns.close()
        sqs.close()

    def test_a_topic_that_is_not_there_is_not_told(self, aws: Server) -> None:
        with pytest.raises(NotToldError, match="NotFound"):
            SnsTopic("arn:aws:sns:us-east-1:123456789012:nope").tell(news())

    def test_metrics_are_put_without_what_was_not_measured(self, aws: Server) -> None:
        report = a_report(a_result(scenario_name="chürn"), a_result([], scenario_name="empty"), wall_s=None)
        CloudWatch("Tests").tell(News(report, None))
        client = aws.client("cloudwatch")
        found = client.list_metrics(Namespace="Tests")["Metrics"]
        client.close()
        names = {(item["MetricName"], *(it["Value"] for it in item["Dimensions"])) for item in found}
        assert ("Ready",) in names
        assert ("RunDuration",) not in names
        assert ("ScenarioPeakMemory", "ch?rn") in names
        assert ("ScenarioPeakMemory", "empty") not in names


def test_many_metrics_are_put_in_several_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[Request] = []

    def keep(request: Request) -> Answer:
        received.append(request)
        return Answer(200, b"{}", {"Content-Type": "application/json"})

    report = a_report(*[a_result(scenario_name=f"s{number}") for number in range(400)])
    with interceptor(None, keep) as server:
        use(monkeypatch, server, tmp_path)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        CloudWatch("Tests").tell(News(report, None))
    assert len(received) == 2


def test_aws_that_cannot_be_reached_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Server(f"http://127.0.0.1:{free_port()}"), tmp_path)
    with pytest.raises(NotToldError, match="Could not connect"):
        SnsTopic("arn:aws:sns:us-east-1:123456789012:t").tell(news())


class Noted:
    """A channel that notes what it is told, and may be out of order."""

    def __init__(self, *, is_for_changes: bool, is_broken: bool = False) -> None:
        self.name, self.is_for_changes, self.is_broken = "noted", is_for_changes, is_broken
        self.heard: list[News] = []

    def tell(self, news: News) -> None:
        self.heard.append(news)
        if self.is_broken:
            raise NotToldError("nobody there")


class TestAnnouncing:
    def test_a_change_is_told_and_no_change_is_not(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary(FAILED, number=0))
        write_run(tmp_path, a_summary(number=2))
        always, changes = Noted(is_for_changes=False), Noted(is_for_changes=True)
        channels: list[Channel] = [always, changes]
        announce(a_run(1), tmp_path, channels)
        announce(a_run(3), tmp_path, channels)
        assert [item.before for item in always.heard] == [Verdict.NOT_READY, Verdict.READY]
        assert [item.before for item in changes.heard] == [Verdict.NOT_READY]

    def test_runs_of_a_selection_and_later_ones_are_not_the_verdict_before(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary(number=0))
        write_run(tmp_path, a_summary(FAILED, number=1, settings=RunSettings(only=("churn",))))
        write_run(tmp_path, a_summary(FAILED, number=5))
        (tmp_path / a_run_id(2)).mkdir()
        noted = Noted(is_for_changes=False)
        announce(a_run(3), tmp_path, [noted])
        assert noted.heard[0].before is Verdict.READY

    def test_of_two_runs_of_one_second_the_one_that_was_started_first_is_the_earlier(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary(number=9))
        noted = Noted(is_for_changes=True)
        later = START + timedelta(hours=9, milliseconds=1)
        announce(a_run(started_at=later, run_id="0"), tmp_path, [noted])  # a name that sorts before the other
        assert noted.heard == []

    def test_the_first_run_is_news(self, tmp_path: Path) -> None:
        noted = Noted(is_for_changes=True)
        announce(a_run(), tmp_path, [noted])
        assert noted.heard[0].title == "cursus-readiness: READY (no earlier run is known)"

    def test_what_could_not_be_told_is_said_and_the_others_are_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        broken, fine = Noted(is_for_changes=False, is_broken=True), Noted(is_for_changes=False)
        problems = announce(a_run(), tmp_path, [broken, fine], prometheus=tmp_path / "file" / "run.prom")
        assert problems[0].startswith("metrics were not written to")
        assert problems[1] == "noted was not told: nobody there"
        assert len(fine.heard) == 1

    def test_metrics_are_written(self, tmp_path: Path) -> None:
        assert announce(a_run(), tmp_path, prometheus=tmp_path / "run.prom") == []
        assert 'readiness_run_verdict{verdict="READY"} 1.0' in (tmp_path / "run.prom").read_text(encoding="utf-8")
