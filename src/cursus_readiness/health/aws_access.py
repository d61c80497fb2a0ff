"""AWS answers, where credentials are configured."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult

_TIMEOUT_S = 5


class AwsAccess:
    """Asks STS who this is. No credentials means that AWS is not used: not applicable."""

    id = "aws-access"

    def run(self) -> HealthResult:
        """Resolve credentials through boto3's chain and use them."""
        try:
            session = boto3.Session()
            if session.get_credentials() is None:
                message = "no AWS credentials are configured"
                return HealthResult(id=self.id, outcome=Outcome.NOT_APPLICABLE, message=message)
            config = Config(connect_timeout=_TIMEOUT_S, read_timeout=_TIMEOUT_S, retries={"total_max_attempts": 1})
            region = session.region_name or "us-east-1"
            account = session.client("sts", region_name=region, config=config).get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            remedy = "Renew the credentials, or unset them where AWS is not needed."
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message=str(error), remedy=remedy)
        return HealthResult(id=self.id, outcome=Outcome.PASS, message=f"credentials of account {account} work")
