"""What somebody signed, as it is shown."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, Field

from cursus_readiness.model.base import Model
from cursus_readiness.model.verdict import Verdict


class Signature(Model):
    """One signature under a run. ``is_trusted`` is ``None`` where nobody said which keys count."""

    name: str
    role: str
    public_key: str
    signed_at: AwareDatetime
    verdict: Verdict
    environment: str | None = None
    commit: str | None = None
    waived_until: date | None = None
    file_count: int = Field(ge=0)
    is_trusted: bool | None = None
