"""The monitoring of a project: its alert rules, and the health of the machine that it runs on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.evidence import Fact, examined
from cursus_readiness.scenarios.yaml_lines import LinedDocument, UnreadableYamlError, read_text

_BAD = (Outcome.FAIL, Outcome.ERROR, Outcome.NO_EVIDENCE)


def health_fact(health: Mapping[str, Any] | None, today: date) -> Fact:
    """What a health check found, made on this day."""
    if health is None:
        return Fact(id="unhealthy-system", missing="no health check was made")
    checks = health["checks"].values()
    bad = [f"{item['id']}: {item['message']}" for item in checks if item["outcome"] in _BAD]
    ages = {"source": "readiness health-check", "recorded_on": today, "expires_on": today}
    return examined("unhealthy-system", len(checks), bad, "checks").model_copy(update=ages)


def alert_fact(root: Path, files: Sequence[Path]) -> Fact:
    """Whether every file of alert rules has groups of rules with an expression and a name."""
    if not files:
        return Fact(id="invalid-alert-rules", missing="the project has no alert rules")
    problems = [f"{path.relative_to(root)}: {problem}" for path in files for problem in _problems(path)]
    return examined("invalid-alert-rules", len(files), problems)


def _problems(path: Path) -> Iterator[str]:
    try:
        data = LinedDocument(read_text(path)).data
    except UnreadableYamlError as error:
        yield f"line {error.line}: {error.message}"
        return
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list) or not groups:
        yield "it has no groups"
        return
    for group in groups:
        rules = group.get("rules") if isinstance(group, dict) else None
        if not isinstance(rules, list) or not rules:
            yield "a group has no rules"
            continue
        for rule in rules:
            if not isinstance(rule, dict) or not rule.get("expr") or not (rule.get("alert") or rule.get("record")):
                yield "a rule needs expr, and alert or record"
