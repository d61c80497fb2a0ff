"""How long a step that is stopped has for each rung of the ladder: SIGINT, then SIGTERM, then SIGKILL of all of it."""

from __future__ import annotations

INTERRUPT_GRACE_S = 2.0
TERMINATE_GRACE_S = 5.0
