"""What later steps read is there, and as it was last time."""

from __future__ import annotations

from collections.abc import Iterator

from cursus_readiness.audits.base import AuditMeta, Evidence, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.finding import Finding, Severity


class BrokenDataFlow:
    """The number of errors and warnings about data that go from step to step."""

    meta = AuditMeta(
        id="broken-data-flow",
        title="Steps get the data that they read",
        failure_title="Data that later steps read are lost or changed",
        level=Level.GATE,
        checklist_item=1,
    )

    def evaluate(self, evidence: Evidence) -> Iterator[Product]:
        """Judge the flow of data: an error fails, a warning warns."""
        flow = evidence.scenario.data_flow
        errors = [finding for finding in flow.findings if finding.severity is Severity.ERROR]
        warnings = [finding for finding in flow.findings if finding.severity is Severity.WARNING]
        allowed = Quantity(value=0, unit=Unit.COUNT)
        table_count = sum(edge.table_count or 0 for edge in flow.edges)
        if errors:
            yield _told(Outcome.FAIL, errors, allowed)
        elif warnings:
            yield _told(Outcome.WARN, warnings, allowed)
        elif not table_count:
            remedy = "Let steps hand on tables as CSV, TSV, Parquet or JSON lines."
            yield Product(Outcome.NOT_APPLICABLE, "no table is known to go from one step to another", remedy=remedy)
        else:
            compared = f", compared with {flow.compared_with}" if flow.compared_with else ""
            message = f"nothing is wrong with {table_count} tables that steps read{compared}"
            yield Product(Outcome.PASS, message, measured=allowed, threshold=allowed)


def _told(outcome: Outcome, findings: list[Finding], allowed: Quantity) -> Product:
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return Product(
        outcome,
        f"{first.line()}{more}",
        step=first.step,
        measured=Quantity(value=len(findings), unit=Unit.COUNT),
        threshold=allowed,
        remedy=first.remedy,
    )
