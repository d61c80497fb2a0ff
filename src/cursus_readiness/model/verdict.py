"""The four answers of a run."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The answer to *is this ready for production?*"""

    READY = "READY"
    READY_WITH_WAIVERS = "READY_WITH_WAIVERS"
    NOT_READY = "NOT_READY"
    INCONCLUSIVE = "INCONCLUSIVE"
