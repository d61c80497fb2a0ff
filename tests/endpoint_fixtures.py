"""An endpoint over a store in a folder of its own, and a client that found it by its environment alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.store import ObjectStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the store; beside it nothing may change."""
    return tmp_path / "s3"


@pytest.fixture
def endpoint(root: Path) -> Iterator[S3Endpoint]:
    with S3Endpoint(ObjectStore(root)) as started:
        yield started


@pytest.fixture
def session(endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    for name, value in endpoint.environment("eu-west-1").items():
        monkeypatch.setenv(name, value)
    return boto3.Session()


@pytest.fixture
def s3(session: boto3.Session) -> Iterator[Any]:
    client = session.client("s3")
    yield client
    client.close()
