"""How a dataset is read from S3, and which part of it."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from cursus_readiness.model.base import Model

_ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")


class S3Options(Model):
    """What a binding may say beside ``source`` when that is on S3; docs/s3.md explains each.

    There is no place for credentials: they come from where boto3 finds them.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_size_gb: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="GiB, of one download.")
    endpoint_url: str | None = None
    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    profile: str | None = Field(default=None, min_length=1)

    @field_validator("endpoint_url")
    @classmethod
    def _an_address_without_credentials(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.fullmatch(value):
            raise ValueError("an address such as https://host:9000 is meant, without user and password")
        return value
