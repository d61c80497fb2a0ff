"""AWS answers and allows what the tool needs of it, where credentials are configured."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any

import botocore.session  # and not boto3, which imports what only transfers of large objects need
from botocore.config import Config

from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.health.aws_actions import Action, Judged, bucket_actions, cloudwatch_actions, sagemaker_actions
from cursus_readiness.health.aws_errors import FAILURES, allow, problem_of
from cursus_readiness.health.base import summed_up
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthPart, HealthResult
from cursus_readiness.units import format_seconds

_CONNECT_S = 3.0
_WARN_SKEW_S = 60.0
_FAIL_SKEW_S = 300.0  # from here on AWS refuses signatures
_USUAL_REGION = "us-east-1"  # where STS answers those who have not chosen one


class AwsAccess:
    """Asks STS who this is; where AWS is needed, tries every action that the tool needs.

    No credentials means that AWS is not used: not applicable, unless it is needed. The role of an instance is asked
    for only where AWS is needed: elsewhere that takes seconds to find out that there is none.
    """

    id = "aws-access"
    timeout_s = 60.0

    def __init__(
        self,
        *,
        is_needed: bool = False,
        bucket: str | None = None,
        answer_s: float = 5.0,
        clock: Clock | None = None,
    ) -> None:
        self._is_needed = is_needed or bucket is not None
        self._bucket = bucket.removeprefix("s3://").strip("/") if bucket else None
        self._clock = clock or SystemClock()
        self._config = Config(
            connect_timeout=min(_CONNECT_S, answer_s), read_timeout=answer_s, retries={"total_max_attempts": 1}
        )
        self._remedies: dict[str, str] = {}
        self._denied: list[str] = []

    def run(self) -> HealthResult:
        """Resolve credentials as boto3 does and use them."""
        try:
            session = self._session()
            has_credentials = session.get_credentials() is not None
        except FAILURES as error:
            found = problem_of(error, "credentials")
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=found.message, remedy=found.remedy)
        if not has_credentials:
            return HealthResult(
                id=self.id,
                outcome=Outcome.FAIL if self._is_needed else Outcome.NOT_APPLICABLE,
                message="no AWS credentials are configured",
                remedy="Give the machine a role, or run `aws configure`." if self._is_needed else None,
            )
        parts = self._parts(session)
        remedies = self._remedies | dict.fromkeys(self._denied, allow(self._denied))
        return summed_up(self.id, parts, remedies, good=parts[0].message)

    def _session(self) -> Any:
        session: Any = botocore.session.get_session()
        if not self._is_needed:
            session.get_component("credential_provider").remove("iam-role")
        return session

    def _parts(self, session: Any) -> list[HealthPart]:
        region = session.get_config_variable("region") or _USUAL_REGION
        parts: list[HealthPart] = []
        for service, actions in (
            ("sts", lambda client: [Action("sts:GetCallerIdentity", lambda: self._clock_part(client), _CLOCK_REMEDY)]),
            ("sagemaker", sagemaker_actions),
            ("cloudwatch", cloudwatch_actions),
            ("s3", lambda client: bucket_actions(client, self._bucket or "", region)),
        ):
            if (service != "sts" and not self._is_needed) or (service == "s3" and self._bucket is None):
                continue
            client = session.create_client(service, region_name=region, config=self._config)
            try:
                is_over = self._try(actions(client), parts)
            finally:
                client.close()
            if is_over:
                break
        return parts

    def _try(self, actions: Iterable[Action], parts: list[HealthPart]) -> bool:
        """Add a part for each action; whether nothing more needs to be asked."""
        for action in actions:
            try:
                judged: Judged | None = action.attempt()
            except FAILURES as error:
                problem = problem_of(error, action.name)
                self._remedies[action.name] = problem.remedy
                self._denied += [action.name] if problem.is_denied else []
                parts.append(HealthPart(name=action.name, outcome=Outcome.FAIL, message=problem.message))
                if problem.ends_all:
                    return True
                continue
            outcome, message = judged or Judged(Outcome.PASS, f"{action.name} is allowed")
            if outcome is not Outcome.PASS:
                self._remedies[action.name] = action.remedy
            parts.append(HealthPart(name=action.name, outcome=outcome, message=message))
        return False

    def _clock_part(self, client: Any) -> Judged:
        """The identity, and how far this machine's clock is from the one of AWS."""
        answer = client.get_caller_identity()
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        skew_s = abs((self._clock.now() - parsedate_to_datetime(date)).total_seconds()) if date else 0.0
        if skew_s > _WARN_SKEW_S:
            outcome = Outcome.FAIL if skew_s > _FAIL_SKEW_S else Outcome.WARN
            return Judged(outcome, f"this machine's clock and that of AWS are {format_seconds(skew_s)} apart")
        return Judged(Outcome.PASS, f"credentials of account {answer['Account']} work")


_CLOCK_REMEDY = "Synchronise this machine's clock: AWS refuses signatures that are five minutes off."
