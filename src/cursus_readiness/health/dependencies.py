"""The packages that the tool needs are installed, in versions that it accepts."""

from __future__ import annotations

from importlib import metadata

from packaging.requirements import Requirement

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult


class Dependencies:
    """Holds what is installed against what the tool's own metadata asks for."""

    id = "dependencies"

    def run(self) -> HealthResult:
        """Check every requirement that applies here."""
        wrong = []
        wanted = [Requirement(text) for text in metadata.requires("cursus-readiness") or []]
        needed = [item for item in wanted if item.marker is None or item.marker.evaluate({"extra": ""})]
        for requirement in needed:
            try:
                version = metadata.version(requirement.name)
            except metadata.PackageNotFoundError:
                wrong.append(f"{requirement.name} is not installed")
                continue
            if not requirement.specifier.contains(version, prereleases=True):
                wrong.append(f"{requirement.name} {version} is not {requirement.specifier}")
        if wrong:
            remedy = "pip install --upgrade cursus-readiness"
            return HealthResult(id=self.id, outcome=Outcome.FAIL, message="; ".join(wrong), remedy=remedy)
        return HealthResult(id=self.id, outcome=Outcome.PASS, message=f"{len(needed)} packages fit")
