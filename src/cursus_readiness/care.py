"""Care after deployment: what is due by the evidence of a folder, records of it, and reviews."""

from __future__ import annotations

import difflib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from cursus_readiness import past
from cursus_readiness.analysis.care import review_of, state_of
from cursus_readiness.audits.policy import Policy
from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
from cursus_readiness.model.care import DUTIES, CareRecord, CareRecords, CareState, Duty
from cursus_readiness.model.comparison import Figure
from cursus_readiness.model.health import HealthReport
from cursus_readiness.model.history import HistoryEntry
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.render.care import render_review
from cursus_readiness.store.history import held
from cursus_readiness.store.layout import OutLayout
from cursus_readiness.store.reading import read_run
from cursus_readiness.store.schema import load
from cursus_readiness.store.writing import write_shape

Shape = TypeVar("Shape", bound=BaseModel)
_HEALTH = "health"


def states(out: Path, now: datetime) -> list[CareState]:
    """Every duty, and whether it is due. Evidence that cannot be read is none, and says why."""
    records, problem = _kept(OutLayout(out).care, CareRecords)
    health, unhealthy = _kept(OutLayout(out).health, HealthReport)
    known = list(records.records) if records else []
    if health is not None:
        known.append(CareRecord(duty=_HEALTH, done_at=health.checked_at, by=health.source))
    return [state_of(duty, known, now, problem or (unhealthy if duty.id == _HEALTH else None)) for duty in DUTIES]


def done(out: Path, duty: str, *, by: str, note: str | None, now: datetime) -> CareState:
    """Record that a duty was done. Raises UsageError, InvalidInputError for a broken record, CannotRunError."""
    found = duty_of(duty)
    if found.id == _HEALTH:
        raise UsageError("a health check leaves its own evidence", fix=found.how)
    if not by.strip():
        raise UsageError("nobody is named who did it", fix=f"readiness care done {duty} --by NAME")
    path = OutLayout(out).care
    try:
        out.mkdir(parents=True, exist_ok=True)
        with held(out):
            records, problem = _kept(path, CareRecords)
            if problem:
                raise InvalidInputError(problem, fix=f"mend or remove {path}")
            record = CareRecord(duty=found.id, done_at=now, by=by.strip(), note=note)
            kept = (*(records.records if records else ()), record)
            write_shape(path, CareRecords(records=kept))
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}", fix="choose another --out") from error
    return state_of(found, kept, now)


def review(out: Path, duty: str, now: datetime) -> str:
    """What there is to look at for a duty, as Markdown. Raises UsageError for one that there is not."""
    found, entries, tolerances = duty_of(duty), past.history(out), Policy().yardstick.tolerances
    return render_review(
        review_of(
            found,
            entries,
            now=now,
            newest=_newest(out, entries),
            health=_kept(OutLayout(out).health, HealthReport)[0],
            time=tolerances[Figure.WALL],
            memory=tolerances[Figure.PEAK_MEMORY],
        )
    )


def duty_of(name: str) -> Duty:
    """The duty of a name. Raises UsageError."""
    known = {duty.id: duty for duty in DUTIES}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    raise UsageError(
        f"there is no duty {name!r}", fix=f"did you mean {near[0]}?" if near else f"choose from: {', '.join(known)}"
    )


def _newest(out: Path, entries: list[HistoryEntry]) -> ReadinessReport | None:
    """The newest complete run of everything, beside its baseline; ``None`` when nothing but its summary is left."""
    for entry in entries:
        stamp = entry.summary.newest if entry.summary else None
        if stamp and stamp.is_complete and not stamp.is_selection:
            with suppress(InvalidInputError, UsageError):
                stored = read_run(out / entry.run_id)
                return past.judge_beside_baseline(stored, stored.settings.baseline)
    return None


def _kept(path: Path, kind: type[Shape]) -> tuple[Shape | None, str | None]:
    """What is kept in a file, and why that is nothing although the file is there."""
    try:
        return load(kind, path.read_text(encoding="utf-8"), str(path)), None
    except FileNotFoundError:
        return None, None
    except InvalidInputError as error:
        return None, error.message
    except (OSError, UnicodeDecodeError) as error:
        return None, f"{path}: cannot be read: {error}"
