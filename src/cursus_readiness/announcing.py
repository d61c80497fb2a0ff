"""A judged run becomes news: metrics for the textfile collector, messages and metrics for those who asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cursus_readiness import past
from cursus_readiness.channels.base import Channel, News, NotToldError
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.store.writing import write_text


def channels_of(*, webhook: str | None, sns: str | None, cloudwatch: str | None) -> list[Channel]:
    """The channels that were asked for. Raises UsageError for an address that cannot be one."""
    found: list[Channel] = []
    if webhook:
        from cursus_readiness.channels.webhook import Webhook

        found.append(Webhook(webhook))
    if sns:
        from cursus_readiness.channels.sns import SnsTopic  # boto3 is slow to import

        found.append(SnsTopic(sns))
    if cloudwatch:
        from cursus_readiness.channels.cloudwatch import CloudWatch

        found.append(CloudWatch(cloudwatch))
    return found


def announce(
    report: ReadinessReport, out: Path, channels: Sequence[Channel] = (), *, prometheus: Path | None = None
) -> list[str]:
    """Tell of a run whose folder lies in ``out``; what could not be told, in sentences.

    That nobody could be told never changes a verdict.
    """
    problems = []
    if prometheus is not None:
        from cursus_readiness.render.prometheus import render_run_metrics  # slow to import

        try:
            write_text(prometheus, render_run_metrics(report))
        except OSError as error:
            problems.append(f"metrics were not written to {prometheus}: {error.strerror}")
    news = News(report, _verdict_before(out, report.started_at) if channels else None)
    for channel in channels:
        if channel.is_for_changes and not news.is_change:
            continue
        try:
            channel.tell(news)
        except NotToldError as error:
            problems.append(f"{channel.name} was not told: {error}")
    return problems


def _verdict_before(out: Path, started_at: datetime) -> Verdict | None:
    """The verdict of the newest run of everything that was started earlier: names do not tell runs of one second."""
    for entry in past.history(out):
        is_earlier = entry.started_at is not None and entry.started_at < started_at
        if is_earlier and entry.summary is not None and not entry.summary.newest.is_selection:
            return entry.summary.newest.verdict
    return None
