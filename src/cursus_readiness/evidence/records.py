"""Evidence records: what a tool or a person found, with its date and expiry, beside the file that says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cursus_readiness.errors import InvalidInputError, UsageError
from cursus_readiness.model.evidence import EvidenceKind, EvidenceRecord, Fact, examined
from cursus_readiness.store.schema import load
from cursus_readiness.store.sealing import is_whole, sealed, sha256_of
from cursus_readiness.store.writing import write_shape

AUDITS = {
    EvidenceKind.MEMORY_REDUCTION: "unproven-reduction",
    EvidenceKind.CI_RUN: "missing-ci-run",
    EvidenceKind.IMAGE: "untested-image",
    EvidenceKind.DOCUMENTED_COMMANDS: "untried-command",
    EvidenceKind.VULNERABILITIES: "vulnerable-package",
    EvidenceKind.CODE_SECURITY: "insecure-code",
    EvidenceKind.BILL_OF_MATERIALS: "missing-bill-of-materials",
    EvidenceKind.RECOVERY_DRILL: "missing-drill",
}
LONGEST_DAYS = dict.fromkeys(EvidenceKind, 30) | {EvidenceKind.CI_RUN: 7, EvidenceKind.IMAGE: 90}
_Reading = tuple[int, list[str], str]
_GRAVE = ("HIGH", "MEDIUM")


def kind_of(name: str) -> EvidenceKind:
    """The kind of evidence of a name.

    Raises UsageError when there is none.
    """
    names = [kind.value for kind in EvidenceKind]
    if name in names:
        return EvidenceKind(name)
    near = get_close_matches(name, names, n=1)
    fix = f"did you mean {near[0]}?" if near else f"choose from: {', '.join(names)}"
    raise UsageError(f"{name!r} is no kind of evidence", fix=fix)


def record_evidence(
    folder: Path, kind: EvidenceKind, file: Path, *, source: str, valid_days: int | None, by: str | None, today: date
) -> Path:
    """Keep a copy of a file and a record of it, which replaces an earlier one of that kind.

    Raises UsageError when it is to count too long, InvalidInputError when the file is not what such a record rests on.
    """
    longest = LONGEST_DAYS[kind]
    days = longest if valid_days is None else valid_days
    if not 1 <= days <= longest:
        raise UsageError(f"{kind.value} counts for 1 to {longest} days, not {days}", fix=f"--valid-days {longest}")
    _read(kind, file)
    kept = folder / f"{kind.value}.evidence{file.suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    if file.resolve() != kept.resolve():
        shutil.copyfile(file, kept)
    record = EvidenceRecord(
        kind=kind,
        source=source,
        recorded_on=today,
        expires_on=today + timedelta(days=days),
        file=kept.name,
        sha256=sha256_of(kept),
        by=by,
    )
    path = _path(folder, kind)
    write_shape(path, sealed(record))
    return path


def record_facts(folder: Path) -> Iterator[Fact]:
    """What the records of a folder say; a record that is lost, changed or not readable says nothing."""
    for kind, audit in AUDITS.items():
        try:
            yield _fact(folder, kind, audit)
        except (InvalidInputError, OSError, UnicodeDecodeError) as error:
            missing = error.message if isinstance(error, InvalidInputError) else str(error)
            yield Fact(id=audit, missing=missing)


def _path(folder: Path, kind: EvidenceKind) -> Path:
    return folder / f"{kind.value}.json"


def _fact(folder: Path, kind: EvidenceKind, audit: str) -> Fact:
    path = _path(folder, kind)
    if not path.is_file():
        return Fact(id=audit, missing=f"there is no record of {kind.value}")
    record = load(EvidenceRecord, path.read_text(encoding="utf-8"), path.name)
    file = folder / Path(record.file).name
    if not is_whole(record) or record.kind is not kind:
        return Fact(id=audit, missing=f"{path.name} was changed since it was written")
    if not file.is_file() or sha256_of(file) != record.sha256:
        return Fact(id=audit, missing=f"{file.name} was changed or lost since it was recorded")
    count, problems, unit = _read(kind, file)
    origin = f"{record.source}, by {record.by}" if record.by else record.source
    ages = {"source": origin, "recorded_on": record.recorded_on, "expires_on": record.expires_on}
    return examined(audit, count, problems, unit).model_copy(update=ages)


def _read(kind: EvidenceKind, file: Path) -> _Reading:
    """How much was looked at, and what was found.

    Raises InvalidInputError when the file is not what such a record rests on.
    """
    reader, expected = _READERS[kind]
    try:
        content = file.read_bytes()
        return reader(content)
    except OSError as error:
        raise InvalidInputError(f"{file}: {error.strerror}", fix=f"name {expected}") from error
    except (ValueError, KeyError, TypeError, AttributeError, ElementTree.ParseError) as error:
        raise InvalidInputError(f"{file.name} is not {expected}", fix=f"name {expected}") from error


def _bandit(content: bytes) -> _Reading:
    report = json.loads(content)
    found = [
        f"{item['filename']}:{item['line_number']}: {item['issue_text']}"
        for item in report["results"]
        if item["issue_severity"] in _GRAVE
    ]
    unread = [f"{item['filename']}: not looked at: {item['reason']}" for item in report["errors"]]
    return len([name for name in report["metrics"] if name != "_totals"]), found + unread, "files"


def _pip_audit(content: bytes) -> _Reading:
    """What was skipped was not looked at, and is a problem: pip-audit itself ends well all the same."""
    packages = json.loads(content)["dependencies"]
    found = [f"{item['name']} {item['version']}: {vuln['id']}" for item in packages for vuln in item.get("vulns", ())]
    skipped = [f"{item['name']} was not looked at: {item['skip_reason']}" for item in packages if "skip_reason" in item]
    return len(packages), found + skipped, "packages"


def _cyclonedx(content: bytes) -> _Reading:
    bill = json.loads(content)
    if bill["bomFormat"] != "CycloneDX":
        raise ValueError("another format")
    nameless = [str(item.get("name", "a component")) for item in bill["components"] if not item.get("version")]
    return len(bill["components"]), [f"{name} has no version" for name in nameless], "components"


def _junit(content: bytes) -> _Reading:
    root = ElementTree.fromstring(content)  # noqa: S314 - expat refuses the expansion of entities that grow
    cases = list(root.iter("testcase"))
    if not cases:
        raise ValueError("no test cases")
    failed = [item for item in cases if item.find("failure") is not None or item.find("error") is not None]
    ran = [item for item in cases if item.find("skipped") is None]
    return len(ran), [f"{item.get('name')} did not pass" for item in failed], "tests"


def _image(content: bytes) -> _Reading:
    """``{"image", "digest", "user", "is_linted", "exit_code"}``: how the image was built, linted and run."""
    image = json.loads(content)
    if not str(image["digest"]).startswith("sha256:"):
        raise ValueError("no digest")
    problems = [] if image["exit_code"] == 0 else [f"{image['image']} ended with {image['exit_code']}"]
    problems += [f"{image['image']} runs as root"] if str(image["user"]) in ("", "0", "root") else []
    return 1, problems + ([] if image["is_linted"] is True else [f"{image['image']} was not linted"]), "images"


def _drill(content: bytes) -> _Reading:
    drill = json.loads(content)
    return int(drill["file_count"]), [str(item) for item in drill["problems"]], "files"


def _reduction(content: bytes) -> _Reading:
    figures: dict[str, Any] = json.loads(content)
    before, now = float(figures["before_bytes"]), float(figures["now_bytes"])
    return 1, [] if now < before else [f"{now:.0f} bytes are not less than {before:.0f}"], "measurements"


_READERS: dict[EvidenceKind, tuple[Callable[[bytes], _Reading], str]] = {
    EvidenceKind.MEMORY_REDUCTION: (_reduction, 'JSON with "before_bytes" and "now_bytes"'),
    EvidenceKind.CI_RUN: (_junit, "JUnit XML with test cases"),
    EvidenceKind.IMAGE: (_image, 'JSON with "image", "digest", "user", "is_linted" and "exit_code"'),
    EvidenceKind.DOCUMENTED_COMMANDS: (_junit, "JUnit XML with test cases"),
    EvidenceKind.VULNERABILITIES: (_pip_audit, "what `pip-audit --strict --format json` writes"),
    EvidenceKind.CODE_SECURITY: (_bandit, "what `bandit --format json` writes"),
    EvidenceKind.BILL_OF_MATERIALS: (_cyclonedx, "what `cyclonedx-py environment --output-format JSON` writes"),
    EvidenceKind.RECOVERY_DRILL: (_drill, "what `readiness evidence drill` writes"),
}
