"""Steps take no longer than in the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.audits.beside import judge_beside_baseline
from cursus_readiness.model.audit import Level
from cursus_readiness.model.comparison import Figure


class SlowerStep:
    """Steps whose wall or CPU time is beyond the baseline's: proven by repeated runs, or suspect."""

    meta = AuditMeta(
        id="slower-step",
        title="Steps are as fast as in the baseline",
        failure_title="Steps are slower than in the baseline",
        level=Level.ADVICE,
        checklist_item=2,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that the baseline has, too."""
        return judge_beside_baseline(evidence, (Figure.WALL, Figure.CPU), category="cpu")
