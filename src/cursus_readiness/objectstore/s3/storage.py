"""All that operations work on."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.objectstore.s3.multipart import Uploads
from cursus_readiness.objectstore.s3.objects import Objects
from cursus_readiness.objectstore.s3.staging import Staging

_STAGING = ".uploads"  # in the same folder, so that a rename takes content into the store; no bucket begins with a dot


class Storage:
    """Objects, and what is on its way to become one, in one folder."""

    def __init__(self, root: Path) -> None:
        self.objects = Objects(root)
        self.staging = Staging(root / _STAGING)
        self.uploads = Uploads(self.staging)

    def close(self) -> None:
        """Remove what never became an object."""
        self.staging.close()
