"""What a step asked pip for while it ran, and what its environment had."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.units import one_line

LOG = ".readiness-pip.jsonl"
_LOG_LIMIT_BYTES = 1024 * 1024
_SHOWN_COUNT = 5
_TEXT_LIMIT = 120


@dataclass(frozen=True, slots=True)
class PipRequest:
    """One requirement; ``installed`` is ``None`` when the distribution is not there, ``is_satisfied`` when unknown."""

    text: str
    name: str | None
    installed: str | None
    is_satisfied: bool | None


def read_requests(home: Path) -> list[PipRequest]:
    """What the stand-in for pip noted in a step's HOME, in order, each once.

    The file was in the step's hands: what is no such record is left out, links are not followed.
    """
    file = os.path.join(home, LOG)
    try:
        if not stat.S_ISREG(os.lstat(file).st_mode):
            return []
        with open(file, "rb") as reader:
            text = reader.read(_LOG_LIMIT_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    return list(dict.fromkeys(request for line in text.splitlines() for request in _requests(line)))


def _requests(line: str) -> Iterator[PipRequest]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return
    items = record.get("requirements") if isinstance(record, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            satisfied = item.get("satisfied")
            yield PipRequest(
                text=one_line(item["text"])[:_TEXT_LIMIT],
                name=_text(item.get("name")),
                installed=_text(item.get("installed")),
                is_satisfied=satisfied if isinstance(satisfied, bool) else None,
            )


def _text(value: Any) -> str | None:
    return one_line(value)[:_TEXT_LIMIT] if isinstance(value, str) else None


def pip_findings(step: str, requests: Iterable[PipRequest]) -> list[Finding]:
    """At most two findings on a step: what it asked for and has, and what it asked for in vain."""
    requests = list(requests)
    unmet = [item for item in requests if not item.is_satisfied]
    met = [item for item in requests if item.is_satisfied]
    findings = []
    if met:
        message = f"asked pip for {_listed(met)}; nothing was installed, the environment's own was used"
        findings.append(_finding("pip-request", Severity.NOTE, message, step, met))
    if unmet:
        message = f"asked pip for {_listed(unmet)}: the environment does not have it, and pip installs nothing here"
        findings.append(_finding("unsatisfied-pip-request", Severity.WARNING, message, step, unmet))
    return findings


def _finding(kind: str, severity: Severity, message: str, step: str, requests: list[PipRequest]) -> Finding:
    remedy = "add it to 'requirements' of the step's environment (kind uv)" if severity is Severity.WARNING else None
    examples = tuple(_shown(item) for item in requests)
    return Finding(id=kind, severity=severity, message=message, place=LOG, step=step, remedy=remedy, examples=examples)


def _listed(requests: list[PipRequest]) -> str:
    more = f" and {len(requests) - _SHOWN_COUNT} more" if len(requests) > _SHOWN_COUNT else ""
    return ", ".join(_shown(item) for item in requests[:_SHOWN_COUNT]) + more


def _shown(request: PipRequest) -> str:
    if request.name is None:
        return request.text
    return f"{request.text} (has {request.installed or 'none'})"
