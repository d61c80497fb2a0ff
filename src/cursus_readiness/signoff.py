"""Sign a run, and verify what was signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cursus_readiness import workflow
from cursus_readiness.clock import Clock, SystemClock
from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
from cursus_readiness.model.audit import AuditResult
from cursus_readiness.model.policy import Stage
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.pages import page
from cursus_readiness.past import judge_beside_baseline
from cursus_readiness.policies import project_policy
from cursus_readiness.signing.envelope import unwrap, wrap
from cursus_readiness.signing.keys import public_text, read_private, read_public
from cursus_readiness.signing.statement import run_sums, signature_of, statement_of
from cursus_readiness.signing.verifying import PAGE_SUM, SUFFIX, Verification, page_sum, verify_run
from cursus_readiness.store.layout import RunLayout, folder_name
from cursus_readiness.store.reading import StoredRun, read_run
from cursus_readiness.store.writing import write_text

_READY = (Verdict.READY, Verdict.READY_WITH_WAIVERS)


@dataclass(frozen=True, slots=True)
class SignOff:
    """What came of signing: the report, and the statement; ``None`` when the run is not ready, and was not signed."""

    report: ReadinessReport
    statement: Path | None


def sign(folder: Path, key_file: Path, *, name: str, role: str, stage: Stage, clock: Clock | None = None) -> SignOff:
    """Sign a run that is ready for an environment.

    Before the first signature it is judged and rendered again, so that what is signed follows from its files. Raises
    InvalidInputError when the key is not fit or the run was changed since it was signed, UsageError when it was judged
    for another environment, rests on a waiver that has expired, or is signed so already.
    """
    key, now = read_private(key_file), (clock or SystemClock()).now()
    stored = read_run(folder)
    layout = stored.layout
    path = layout.signatures / f"{folder_name(f'{role}-{name}')}{SUFFIX}"
    if path.exists():
        raise UsageError(f"{name} has signed {layout.run_id} as {role} already", fix="readiness verify RUN")
    report = _report(stored)
    if report.verdict not in _READY:
        return SignOff(report, None)
    _refuse_what_is_not_meant(report, stage)
    _refuse_what_has_ended(report.audits, report.started_at.date(), now.date())
    statement = statement_of(report, run_sums(layout), name=name, role=role, public_key=public_text(key), at=now)
    try:
        write_text(path, wrap(statement, key))
        _write_page(stored, report)
    except OSError as error:
        raise CannotRunError(f"cannot write to {folder}: {error.strerror}", fix="check the permissions") from error
    return SignOff(report, path)


def verify(
    folder: Path, *, keys: Sequence[Path] = (), policy: str | None = None, stage: Stage | None = None
) -> Verification:
    """Compare a run folder with what was signed.

    Which keys count is said by the policy at hand (not that of the run folder) and by ``keys``; which roles must have
    signed, by the policy for an environment: the one that is asked for, else the one that was signed for. Raises
    InvalidInputError when it is no folder.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a run folder", fix="name a folder that `readiness run` has written")
    layout = RunLayout(folder.resolve())
    ours, _ = project_policy(Path.cwd(), policy)
    trusted, public = ours.signers, [read_public(path) for path in keys]
    found = verify_run(layout, trusted=trusted, keys=public)
    wanted = stage or next((Stage(item.environment) for item in found.signatures if item.environment), Stage.DEV)
    others = [item.environment for item in found.signatures if item.environment != wanted.value]
    roles = ours.environments[wanted].required_roles
    checked = verify_run(layout, trusted=trusted, keys=public, required_roles=roles)
    problems = [f"it was signed for {other}, not for {wanted.value}" for other in others]
    problems += [
        f"{item.name} ({item.role}) is no signer of the policy" for item in found.signatures if item.is_trusted is False
    ]
    return Verification(checked.signatures, (*checked.problems, *dict.fromkeys(problems)))


def _report(stored: StoredRun) -> ReadinessReport:
    """The judgement that is signed; where there are signatures already, of files that are as they were signed."""
    layout = stored.layout
    if not layout.signatures.exists():
        return workflow.report(layout.folder).report
    found = verify_run(layout)
    if found.problems:
        raise InvalidInputError(
            f"{layout.folder} is not as it was signed",
            fix="readiness verify RUN says what to restore",
            problems=found.problems,
        )
    return judge_beside_baseline(stored, stored.settings.baseline)


def _refuse_what_is_not_meant(report: ReadinessReport, stage: Stage) -> None:
    judged = report.policy.stage if report.policy else Stage.DEV
    if judged is not stage:
        fix = f"readiness validate-system --environment {stage.value}, or --environment {judged.value} here"
        raise UsageError(f"{report.run_id} was judged for {judged.value}, not for {stage.value}", fix=fix)


def _refuse_what_has_ended(audits: Sequence[AuditResult], started: date, today: date) -> None:
    if today < started:
        raise UsageError(f"today is {today}, but the run is of {started}", fix="set the clock")
    for audit in audits:
        if audit.waiver and date.fromisoformat(audit.waiver.expires) < today:
            what = f"the waiver of {audit.id} in {audit.scenario} expired on {audit.waiver.expires}"
            raise UsageError(what, fix="renew it, then: readiness report RUN --policy readiness.toml")


def _write_page(stored: StoredRun, report: ReadinessReport) -> None:
    """The page again, with the signatures; a view that is not itself signed."""
    layout = stored.layout
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in sorted(layout.signatures.glob(f"*{SUFFIX}"))]
    signatures = [signature_of(unwrap(text, name), is_trusted=None) for name, text in texts]
    write_text(layout.signed_page, page(stored, report, tuple(signatures)))
    write_text(layout.signatures / PAGE_SUM, page_sum(layout))
