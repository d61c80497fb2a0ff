"""Clients of AWS: credentials come from boto3's own chain, and go nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from cursus_readiness.sources.aws.errors import explained
from cursus_readiness.sources.base import SourceError

CONNECTIONS = 8
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 10, 20  # a run that is stopped waits for no more than this


@dataclass(frozen=True, slots=True)
class Access:
    """How AWS is reached; what is ``None`` is left to boto3 (``AWS_PROFILE``, ``AWS_ENDPOINT_URL_S3``, ...)."""

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None

    @contextmanager
    def client(self, service: str) -> Iterator[Any]:
        """A client of a service; several threads may use it. It tries nothing again by itself: see retry.py.

        Raises SourceError when there can be none: no such profile, an address that is none.
        """
        client = self._client(service)
        try:
            yield client
        finally:
            client.close()

    def _client(self, service: str) -> Any:
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": 1},
            s3={"addressing_style": "path"} if service == "s3" and self._has_own_endpoint else None,
        )
        try:
            session = boto3.Session(profile_name=self.profile, region_name=self.region)
            region = session.region_name or "us-east-1"
            make: Any = session.client  # its stubs know services by their literal names alone
            return make(service, region_name=region, endpoint_url=self.endpoint_url, config=config)
        except BotoCoreError as error:
            raise explained(error, f"{service} cannot be used") from error
        except ValueError as error:
            raise SourceError(f"{service} cannot be used: {error}") from error

    @property
    def _has_own_endpoint(self) -> bool:
        """Whether S3 is not Amazon's own: buckets elsewhere rarely have host names."""
        return self.address != "aws"

    @property
    def address(self) -> str:
        """What tells equal names of buckets at different addresses apart."""
        names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
        return self.endpoint_url or next((os.environ[name] for name in names if os.environ.get(name)), "aws")
