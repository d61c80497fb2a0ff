"""Files that the package brings along: templates and the table of instance types."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from cursus_readiness.errors import CannotRunError
from cursus_readiness.units import GIB

PACKAGE_DIR = Path(__file__).parent
_DISTRIBUTION = "cursus-readiness"


class InstanceSpec(NamedTuple):
    """What one SageMaker instance type has."""

    name: str
    vcpu_count: int
    memory_bytes: int
    gpu_count: int

    @property
    def family(self) -> str:
        """``m5`` of ``ml.m5.4xlarge``."""
        return self.name.split(".")[1]


@cache
def tool_version() -> str:
    """The version that is installed; ``not installed`` when it runs from a source tree."""
    try:
        return installed_version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "not installed"


def installed_version(name: str) -> str:
    """The version of an installed distribution.

    It is looked for alone: ``importlib.metadata`` parses all headers, and the readme after them. Raises
    PackageNotFoundError.
    """
    found = metadata.distribution(name)
    header = re.search(r"^Version: *(\S+)$", found.read_text("METADATA") or "", re.MULTILINE)
    return header[1] if header else found.version


def templates_dir() -> Path:
    """The folder of the report's templates: packaged, else that of the checkout.

    Raises CannotRunError when neither is there.
    """
    for candidate in (PACKAGE_DIR / "templates", PACKAGE_DIR.parents[1] / "templates"):
        if (candidate / "report.html.jinja").is_file():
            return candidate
    raise CannotRunError("the report templates are not installed", fix="pip install --force-reinstall cursus-readiness")


def cache_dir() -> Path:
    """Where what is dear to make is kept from run to run: ``$READINESS_CACHE``, else below ``$XDG_CACHE_HOME``."""
    own = os.environ.get("READINESS_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _DISTRIBUTION


@cache
def vocabulary() -> tuple[str, ...]:
    """The words that free text is made up of."""
    return tuple((PACKAGE_DIR / "data" / "words.txt").read_text(encoding="utf-8").split())


@cache
def stand_in_program(name: str) -> str:
    """The text of a program that runs as a step in the place of a container's own."""
    return (PACKAGE_DIR / "stand_ins" / name).read_text(encoding="utf-8")


@cache
def instance_specs() -> dict[str, InstanceSpec]:
    """vCPU, memory and GPU counts by instance type.

    Derived from the EC2 instance table of kubernetes/autoscaler (Apache-2.0), January 2026, on the assumption that
    ``ml.X`` has the hardware of EC2's ``X``.
    """
    table = json.loads((PACKAGE_DIR / "data" / "ml_instances.json").read_text(encoding="utf-8"))
    return {
        name: InstanceSpec(name, vcpu, int(memory_gib * GIB), gpu) for name, (vcpu, memory_gib, gpu) in table.items()
    }
