"""What a step asked AWS for by itself: what of it is worth saying."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cursus_readiness.model.access import Access
from cursus_readiness.model.finding import Finding, Severity

_PROBES = ("s3://$extremelyunlikelytoexist$",)  # pyarrow, to learn a region
_LOOKS = ("HeadObject", "HeadBucket")


def access_findings(step: str, accesses: Iterable[Access], *, has_failed: bool) -> Iterator[Finding]:
    """Objects that were not there, and services that a run does not reach.

    To ask whether something is there is no mistake, unless the step has failed: a download begins so.
    """
    for access in accesses:
        what = f"{access.service} {access.operation}"
        remedy = None
        if access.service not in ("s3", "sts") and access.status >= 400:
            kind, message = "unreachable-service", f"called {what}, which is not reachable in a run"
            remedy = f"give steps.{step}.environment_variables what it needs, or steps.{step}.fixture"
        elif access.status == 501:
            kind, message = "unreachable-service", f"called {what} on {access.uri}, which the run's store does not do"
        elif access.status == 404 and access.uri not in _PROBES and (has_failed or access.operation not in _LOOKS):
            kind, message = "missing-object", f"asked for {access.uri} ({access.operation}), which is not there"
            remedy = f'if it exists on AWS, add to inputs:  "{access.uri}": "local:PATH"'
        else:
            continue
        yield Finding(id=kind, severity=Severity.WARNING, message=f"step {step!r} {message}", step=step, remedy=remedy)
