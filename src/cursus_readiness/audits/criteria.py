"""What is judged of a project rather than of a scenario: one line each, by item of the checklist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from cursus_readiness.audits.base import AuditMeta, Product
from cursus_readiness.model.audit import Level, Outcome, Quantity, Unit
from cursus_readiness.model.evidence import Fact

VALIDATE = "readiness validate-system"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One audit of the project: what it is, what to do when it fails, and the command that makes its evidence."""

    meta: AuditMeta
    remedy: str
    command: str = VALIDATE


def _criterion(
    item: int,
    name: str,
    title: str,
    failure_title: str,
    remedy: str,
    *,
    command: str = VALIDATE,
    level: Level = Level.GATE,
    is_must: bool = False,
) -> Criterion:
    return Criterion(AuditMeta(name, title, failure_title, level, item, is_must=is_must), remedy, command)


def _record(kind: str, source: str) -> str:
    return f"readiness evidence record {kind} --file {source}"


CRITERIA: tuple[Criterion, ...] = (
    _criterion(
        1, "few-scenarios", "Enough scenarios are judged", "Too few scenarios are judged",
        "Run all scenarios, or write more of them.", command="readiness run", is_must=True,
    ),
    _criterion(
        1, "uncovered-pipeline", "Each pipeline has a scenario", "Pipelines have no scenario",
        "Write a scenario: readiness init PIPELINE.",
    ),
    _criterion(
        2, "open-recommendation", "No grave recommendation is open", "Grave recommendations are open",
        "Do what the recommendations say, then run again.",
    ),
    _criterion(
        2, "unproven-reduction", "A reduction of memory is recorded", "No reduction of memory is recorded",
        "Measure the same input before and after.", command=_record("memory-reduction", "reduction.json"),
        level=Level.ADVICE,
    ),
    _criterion(
        3, "invalid-workflow", "Workflows are valid", "Workflows are not valid", "Correct the workflow files.",
    ),
    _criterion(
        3, "unwired-gate", "A workflow runs this gate", "No workflow runs this gate",
        "Let a workflow call `readiness run` or `readiness validate-system`.",
    ),
    _criterion(
        3, "missing-ci-run", "The last run of the workflows is recorded", "The workflows did not pass",
        "Look at the run of the workflow.", command=_record("ci-run", "junit.xml"),
    ),
    _criterion(
        4, "untested-image", "Images are built and tested", "Images do not pass their tests",
        "Build the image anew and test it.", command=_record("image", "image.json"),
    ),
    _criterion(
        5, "unhealthy-system", "The health check passes", "The health check fails", "Do what the health check says.",
    ),
    _criterion(
        5, "invalid-alert-rules", "Alert rules are valid", "Alert rules are not valid", "Correct the alert rules.",
    ),
    _criterion(
        6, "missing-page", "Pages for users and operators are there", "Pages for users or operators are missing",
        "Write the page, or correct [project] user_pages and operator_pages.",
    ),
    _criterion(6, "broken-link", "Links between pages lead somewhere", "Links lead nowhere", "Correct the links."),
    _criterion(
        6, "undocumented-code", "Public code has docstrings", "Public code has no docstrings", "Write the docstrings.",
    ),
    _criterion(
        6, "untried-command", "Documented commands are tried", "Documented commands do not work",
        "Correct the pages.", command=_record("documented-commands", "junit.xml"),
    ),
    _criterion(
        7, "vulnerable-package", "No package is known to be vulnerable", "Packages are known to be vulnerable",
        "Update the packages.", command=_record("vulnerabilities", "pip-audit.json"),
    ),
    _criterion(
        7, "insecure-code", "No grave finding in the code", "Grave findings in the code",
        "Mend the code.", command=_record("code-security", "bandit.json"),
    ),
    _criterion(
        7, "leaked-secret", "No secrets in repository and run folder", "Secrets are in repository or run folder",
        "Remove the secret and make it worthless.", is_must=True,
    ),
    _criterion(
        7, "missing-bill-of-materials", "A bill of materials is there", "The bill of materials is not whole",
        "Make it anew.", command=_record("bill-of-materials", "sbom.json"),
    ),
    _criterion(
        7, "wide-permissions", "Workflows have few permissions", "Workflows have wide permissions",
        "Write `permissions: {contents: read}` at the top of each workflow.",
    ),
    _criterion(
        8, "missing-drill", "Recovery was tried", "Recovery does not work",
        "Mend what keeps a copy from being restored.", command="readiness evidence drill RUN",
    ),
)  # fmt: skip


def judge_fact(criterion: Criterion, facts: Iterable[Fact], today: date) -> Product:
    """What a fact says on a day; without one, which command makes it."""
    fact = next((item for item in facts if item.id == criterion.meta.id), None)
    if fact is not None and not fact.is_applicable:
        return Product(Outcome.NOT_APPLICABLE, fact.missing or "it does not apply", remedy=criterion.remedy)
    unknown = "it was not looked at" if fact is None else next(_unknown(fact, today), None)
    if fact is None or unknown is not None:
        is_here = fact is not None and criterion.command == VALIDATE  # it was looked for: the command is no help
        remedy = criterion.remedy if is_here else f"Make the evidence: {criterion.command}"
        return Product(Outcome.NO_EVIDENCE, unknown or "", remedy=remedy)
    origin = f" ({fact.source}, {fact.recorded_on})" if fact.source else ""
    measured, allowed = (Quantity(value=value, unit=Unit.COUNT) for value in (fact.problem_count, 0))
    if fact.problem_count:
        more = f" (and {fact.problem_count - 1} more)" if fact.problem_count > 1 else ""
        message = f"{fact.problems[0]}{more}{origin}"
        return Product(Outcome.FAIL, message, measured=measured, threshold=allowed, remedy=criterion.remedy)
    message = f"{fact.examined_count} {fact.unit} looked at, nothing found{origin}"
    return Product(Outcome.PASS, message, measured=measured, threshold=allowed)


def _unknown(fact: Fact, today: date) -> Iterator[str]:
    """Why a fact says nothing on a day."""
    if fact.examined_count is None:
        yield fact.missing or "nothing was found"
    if fact.recorded_on and fact.recorded_on > today:
        yield f"the record is of {fact.recorded_on}, which is still to come: look at the clock"
    if fact.expires_on and fact.expires_on < today:
        yield f"the record counted until {fact.expires_on}"
    if not fact.examined_count and not fact.problem_count:
        yield fact.missing or f"there were no {fact.unit} to look at"
