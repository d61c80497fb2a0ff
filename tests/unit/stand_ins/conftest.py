"""Programs that run as steps find each other in their own folder, and so do these tests."""

from __future__ import annotations

import sys

from cursus_readiness.resources import PACKAGE_DIR

sys.path.insert(0, str(PACKAGE_DIR / "stand_ins"))
