"""What a step asked AWS for by itself, beside the inputs and outputs of its definition."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Bytes, Model


class Access(Model):
    """Requests of one kind for one thing.

    ``service`` and ``operation`` are AWS's own names (``s3`` and ``GetObject``), ``status`` is that of HTTP: 404 for an
    object that is not there, 501 for what S3 can do and the run's store cannot. ``uri`` is the object or the bucket,
    ``None`` for other services.
    """

    service: str
    operation: str
    uri: str | None = None
    status: int
    request_count: int = Field(ge=1)
    size_bytes: Bytes = Field(description="Content sent or received, all requests together.")
