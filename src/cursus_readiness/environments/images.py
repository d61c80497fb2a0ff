"""What the public framework images have, as far as it is known.

Read from the requirements.txt and Dockerfiles of aws/sagemaker-scikit-learn-container and
aws/sagemaker-xgboost-container at the release branches' commits that ``data/images.json`` names (Apache-2.0). The
images of the deep-learning containers say their Python and framework versions in their tags.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cursus_readiness.resources import PACKAGE_DIR

_FRAMEWORKS = {"pytorch": "torch", "tensorflow": "tensorflow", "mxnet": "mxnet", "autogluon": "autogluon"}
_DEEP_LEARNING = re.compile(rf"(?:huggingface-)?({'|'.join(_FRAMEWORKS)})-(?:training|inference)(?:-arm64|-graviton)?")


@dataclass(frozen=True, slots=True)
class KnownImage:
    """Python and packages of an image; ``constraints`` bound what it leaves open. ``source`` is who says so.

    ``unpinned`` are packages that no file of it names and AWS's own public pipelines import in it.
    """

    name: str
    python: str | None
    packages: dict[str, str]
    source: str
    constraints: tuple[str, ...] = field(default=())
    unpinned: tuple[str, ...] = field(default=())


def parse_image_uri(uri: str) -> tuple[str, str]:
    """Repository and tag of an image; the tag is empty where only a digest, or nothing, is given."""
    name = uri.partition("@")[0].rpartition("/")[2]
    repository, _, tag = name.partition(":")
    return repository, tag


def known_image(uri: str | None) -> KnownImage | None:
    """What is known of an image; ``None`` when it is none of the public ones."""
    repository, tag = parse_image_uri(uri or "")
    table = _table().get(repository)
    if table is None:
        return _deep_learning(repository, tag)
    releases = [name for name in table["releases"] if tag == name or tag.startswith(name + "-")]
    if not releases:
        return None
    release = max(releases, key=len)  # 1.7-1-1 is a release of its own beside 1.7-1
    found = table["releases"][release]
    return KnownImage(
        name=f"{repository}:{tag}",
        python=found["python"],
        packages=dict(found["packages"]),
        source=f"{table['source']} at {found['commit']}",
        constraints=tuple(found.get("constraints", ())),
        unpinned=tuple(table.get("unpinned", ())),
    )


def _deep_learning(repository: str, tag: str) -> KnownImage | None:
    """``2.1.0-cpu-py310`` of PyTorch, ``1.13.1-transformers4.26.0-gpu-py39-...`` of Hugging Face."""
    matched, version = _DEEP_LEARNING.fullmatch(repository), re.match(r"\d+(\.\d+)+", tag)
    if not matched or not version:
        return None
    packages = {_FRAMEWORKS[matched[1]]: version[0]}
    transformers = re.search(r"-transformers(\d+(?:\.\d+)+)", tag)
    if transformers:
        packages["transformers"] = transformers[1]
    python = re.search(r"-py(\d)(\d+)\b", tag)
    return KnownImage(f"{repository}:{tag}", f"{python[1]}.{python[2]}" if python else None, packages, "its tag")


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((PACKAGE_DIR / "data" / "images.json").read_text(encoding="utf-8"))
    return table
