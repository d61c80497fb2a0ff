"""A topic of Amazon SNS."""

from __future__ import annotations

from cursus_readiness.channels.aws import client
from cursus_readiness.channels.base import News
from cursus_readiness.errors import UsageError

_LONGEST_SUBJECT = 99
_ARN_PARTS = 6


class SnsTopic:
    """Publishes a message when the verdict changes."""

    name = "SNS"
    is_for_changes = True

    def __init__(self, topic_arn: str) -> None:
        """Raises UsageError for what is no ARN of a topic."""
        parts = topic_arn.split(":")
        if len(parts) != _ARN_PARTS or parts[0] != "arn" or parts[2] != "sns" or not all(parts):
            raise UsageError(f"{topic_arn!r} is no ARN of a topic", fix="--sns arn:aws:sns:REGION:ACCOUNT:NAME")
        self._arn, self._region = topic_arn, parts[3]

    def tell(self, news: News) -> None:
        """Publish title and text. Raises NotToldError."""
        with client("sns", self._region) as sns:
            sns.publish(TopicArn=self._arn, Subject=news.title[:_LONGEST_SUBJECT], Message=news.text)
