"""The chain of steps that a scenario could not have been faster than."""

from __future__ import annotations

from pydantic import Field

from cursus_readiness.model.base import Model, Seconds


class CriticalPath(Model):
    """The longest chain of steps that depend on each other, by the time that each took from staging to its end.

    With a free place for every step, ``length_s`` is what the steps would have taken together; the rest of a
    scenario's time went into waiting for a place, and into the tool itself.
    """

    steps: tuple[str, ...]
    length_s: Seconds
    slowest: str = Field(description="The step of the path that took longest.")
    without_slowest_s: Seconds = Field(description="Length of the path that is left when that step takes no time.")
    slack_s: dict[str, Seconds] = Field(description="Step -> by how much it could be slower without delaying the end.")
