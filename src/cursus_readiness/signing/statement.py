"""What is signed: an in-toto statement over every file of a run folder, with the predicate of a test result.

The predicate is https://in-toto.io/attestation/test-result/v0.1 with one more field, ``readiness``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cursus_readiness.model.audit import Level, Outcome
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.signature import Signature
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.sealing import sha256_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
_RESULTS = {Verdict.READY: "PASSED", Verdict.READY_WITH_WAIVERS: "WARNED"}


def run_sums(layout: RunLayout) -> dict[str, str]:
    """The sums of all files of a run folder but its work, its signatures, and the page that shows them."""
    return {name: sha256_of(layout.folder / name) for name in sorted(_names(layout))}


def _names(layout: RunLayout) -> Iterator[str]:
    left_out = {str(layout.work), str(layout.signatures)}
    for folder, folders, files in os.walk(layout.folder):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in left_out]
        for name in files:
            path = Path(folder, name)
            if path != layout.signed_page:
                yield path.relative_to(layout.folder).as_posix()


def statement_of(
    report: ReadinessReport, sums: Mapping[str, str], *, name: str, role: str, public_key: str, at: datetime
) -> dict[str, Any]:
    """The statement that somebody signs."""
    gates = [audit for audit in report.audits if audit.level is Level.GATE]
    failed = [audit for audit in gates if audit.outcome is Outcome.FAIL]
    policy = report.policy
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": path, "digest": {"sha256": digest}} for path, digest in sums.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": _RESULTS.get(report.verdict, "FAILED"),
            "configuration": [{"name": "policy", "digest": {"sha256": policy.sha256}}]
            if policy and policy.sha256
            else [],
            "passedTests": sorted({audit.id for audit in gates if audit.outcome is Outcome.PASS}),
            "warnedTests": sorted({audit.id for audit in failed if audit.waiver}),
            "failedTests": sorted({audit.id for audit in failed if not audit.waiver}),
            "readiness": {
                "run_id": report.run_id,
                "verdict": report.verdict.value,
                "reason": report.reason,
                "environment": policy.stage.value if policy else None,
                "commit": report.environment.commit,
                "is_commit_dirty": report.environment.is_commit_dirty,
                "waived_until": min((audit.waiver.expires for audit in failed if audit.waiver), default=None),
                "signer": {"name": name, "role": role, "public_key": public_key},
                "signed_at": at.isoformat(),
            },
        },
    }


def signature_of(statement: Mapping[str, Any], *, is_trusted: bool | None) -> Signature:
    """What a page shows of a statement that was verified."""
    said = statement["predicate"]["readiness"]
    return Signature.model_validate(
        {
            **said["signer"],
            "signed_at": said["signed_at"],
            "verdict": said["verdict"],
            "environment": said["environment"],
            "commit": said["commit"],
            "waived_until": said["waived_until"],
            "file_count": len(statement["subject"]),
            "is_trusted": is_trusted,
        }
    )
