"""The environments that a release can go to, as they are named on the command line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cursus_readiness.model.policy import Stage


def stage_of(name: str) -> Stage:
    """The environment of a name.

    Raises UsageError when there is none.
    """
    from cursus_readiness.errors import UsageError
    from cursus_readiness.model.policy import Stage

    names = [stage.value for stage in Stage]
    if name in names:
        return Stage(name)
    near = get_close_matches(name, names, n=1)
    fix = f"did you mean {near[0]}?" if near else f"choose from: {', '.join(names)}"
    raise UsageError(f"{name!r} is no environment", fix=fix)
