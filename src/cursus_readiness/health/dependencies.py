"""The packages that the tool needs are installed, fit together, and `cursus` is the pipeline generator."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from cursus_readiness.health.base import summed_up
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthPart, HealthResult

_TOOL = "cursus-readiness"
_COMPILER = Path("core", "compiler", "dag_compiler.py")
_REMEDIES = {
    "packages": "pip install --upgrade cursus-readiness",
    "conflicts": "Give cursus-readiness a virtual environment of its own: `pip check` there finds nothing then.",
    "cursus": "pip uninstall cursus; docs/cursus.md says how the pipeline generator is installed, beside this tool.",
}


class Dependencies:
    """Holds what is installed against what the tool's own metadata, and that of its packages, ask for."""

    id = "dependencies"
    timeout_s = 10.0

    def run(self) -> HealthResult:
        """Check every requirement that applies here, and theirs in turn."""
        needed = _needed(_TOOL, frozenset())
        wrong = [text for item in needed if (text := _misfit(item))]
        conflicts = _conflicts(needed)
        parts = [
            _part("packages", wrong, f"{len(needed)} packages fit"),
            _part("conflicts", conflicts, "what they need fits, too"),
            _cursus(),
        ]
        return summed_up(self.id, parts, _REMEDIES, good=parts[0].message)


def _needed(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What an installed distribution asks for here, with these extras of it."""
    wanted = [Requirement(text) for text in metadata.requires(name) or []]
    return [
        item
        for item in wanted
        if item.marker is None or any(item.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def _misfit(requirement: Requirement) -> str | None:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return f"{requirement.name} {version} is not {requirement.specifier}"


def _conflicts(needed: list[Requirement]) -> list[str]:
    """What packages below the tool's own ask for and do not get."""
    found: list[str] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    pending = list(needed)
    while pending:
        item = pending.pop()
        key = (item.name.lower(), frozenset(item.extras))
        if key in seen or _misfit(item) is not None:
            continue  # a misfit has been told of where it was asked for
        seen.add(key)
        below = _needed(item.name, key[1])
        found += [f"{item.name} needs {requirement}: {text}" for requirement in below if (text := _misfit(requirement))]
        pending += below
    return sorted(found)


def _cursus() -> HealthPart:
    """Another project owns the name on the package index; it is found without being imported."""
    spec = importlib.util.find_spec("cursus")
    if spec is None:
        message = "no `cursus` is installed beside the tool, and none needs to be"
        return HealthPart(name="cursus", outcome=Outcome.NOT_APPLICABLE, message=message)
    places = [Path(place) for place in spec.submodule_search_locations or ()]
    if any((place / _COMPILER).is_file() for place in places):
        return HealthPart(name="cursus", outcome=Outcome.PASS, message="`cursus` is the pipeline generator")
    where = spec.origin or places[0]
    message = f"the package `cursus` in {where} is another project of that name: it has no pipeline compiler"
    return HealthPart(name="cursus", outcome=Outcome.WARN, message=message)


def _part(name: str, wrong: list[str], good: str) -> HealthPart:
    return HealthPart(name=name, outcome=Outcome.FAIL if wrong else Outcome.PASS, message="; ".join(wrong) or good)
