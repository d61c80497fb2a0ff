"""How findings are told on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from cursus_readiness.model.finding import Finding, Severity


def show_findings(findings: Iterable[Finding]) -> int:
    """Print each with its remedy; how many of them are mistakes."""
    errors = 0
    for finding in findings:
        errors += finding.severity is Severity.ERROR
        typer.echo(f"{finding.severity.value}: {finding.told()}")
    return errors
