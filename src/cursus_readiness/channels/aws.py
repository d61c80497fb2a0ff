"""Clients of AWS for channels, and their errors in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from cursus_readiness.channels.base import NotToldError

_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


@contextmanager
def client(service: str, region: str | None = None) -> Iterator[Any]:
    """A client that does not wait for long. Raises NotToldError for whatever goes wrong with it."""
    try:
        make: Any = boto3.client
        made = make(service, region_name=region, config=_CONFIG)
        try:
            yield made
        finally:
            made.close()
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise NotToldError(str(error)) from error
