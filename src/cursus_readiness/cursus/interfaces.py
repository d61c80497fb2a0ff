"""What Cursus's step interfaces say of the packages that a step's script needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_STEP_TYPE = re.compile(r"^step_type:\s*(\w+)\s*$", re.MULTILINE)


def framework_requirements(package: Path, steps: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Requirements by SageMaker step name, for steps as the driver tells them; ``package`` is Cursus's folder.

    Only what is plainly written there: an interface that cannot be read says nothing.
    """
    known: dict[str, tuple[str, ...]] = {}
    wanted = {str(step["config_class"]).removesuffix("Config") for step in steps}
    for file in sorted((package / "steps" / "interfaces").glob("*.step.yaml")):
        text = file.read_text(encoding="utf-8")
        found = _STEP_TYPE.search(text)
        if found and found[1] in wanted:
            known[found[1]] = tuple(_requirements(text))
    types = {step["step"]: str(step["config_class"]).removesuffix("Config") for step in steps}
    return {name: known[kind] for name, kind in types.items() if name and known.get(kind)}


def _requirements(text: str) -> Iterable[str]:
    import yaml

    try:
        contract = yaml.safe_load(text).get("contract")
        named = contract.get("framework_requirements")
    except (yaml.YAMLError, AttributeError):
        return []
    if not isinstance(named, dict):
        return []
    return [f"{name}{'' if bound == '*' else bound}" for name, bound in sorted(named.items()) if name != "python"]
