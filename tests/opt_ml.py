"""Looking at /opt/ml of this machine."""

from __future__ import annotations

import os
from pathlib import Path


def state_of_opt_ml() -> tuple[int, int, list[str]] | None:
    """Mode, owner and what is in it; ``None`` when there is none."""
    folder = Path("/opt/ml")
    if not folder.exists():
        return None
    found = folder.stat()
    return found.st_mode, found.st_uid, sorted(os.listdir(folder))
