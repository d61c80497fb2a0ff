"""What an interpreter has, without importing it."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
from importlib import metadata
from pathlib import Path
from typing import Any


def probe() -> dict[str, Any]:
    """Versions and places, read from files and metadata: importing Cursus and the SDK takes seconds."""
    spec = importlib.util.find_spec("cursus")
    places = [Path(place) for place in spec.submodule_search_locations or []] if spec else []
    package = next((place for place in places if (place / "core" / "compiler" / "dag_compiler.py").is_file()), None)
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "cursus_origin": (spec.origin or str(places)) if spec else None,
        "cursus_package": str(package) if package else None,
        "has_compiler": package is not None,
        "cursus_sha256": _tree_sha256(package) if package else None,
    }
    for name in ("cursus", "sagemaker", "boto3"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    if package and package.parent.name == "src":  # a checkout: its own file tells, as Cursus itself reads it
        version = package.parents[1] / "VERSION"
        found["cursus"] = version.read_text(encoding="utf-8").strip() if version.is_file() else found["cursus"]
    return found


def _tree_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
