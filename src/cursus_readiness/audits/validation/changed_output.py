"""Steps write as much as in the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.audits.beside import judge_beside_baseline
from cursus_readiness.model.audit import Level
from cursus_readiness.model.comparison import Figure


class ChangedOutput:
    """Steps whose outputs have other rows or another size than in the baseline: neither better nor worse by itself."""

    meta = AuditMeta(
        id="changed-output",
        title="Steps write as much as in the baseline",
        failure_title="Steps write more or less than in the baseline",
        level=Level.ADVICE,
        checklist_item=1,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge each step that the baseline has, too."""
        return judge_beside_baseline(evidence, (Figure.OUTPUT_ROWS, Figure.OUTPUT_BYTES), category="io")
