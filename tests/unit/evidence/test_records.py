"""Evidence records: what each kind takes for found, and what a changed record says."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from builders import START
from cursus_readiness.errors import InvalidInputError, UsageError
from cursus_readiness.evidence.records import LONGEST_DAYS, kind_of, record_evidence, record_facts
from cursus_readiness.model.evidence import EvidenceKind, Fact
from judged_projects import FILES, put, record_all

TODAY = START.date()


def record(folder: Path, kind: EvidenceKind, text: str) -> Path:
    file = put(folder / "made.txt", text)
    return record_evidence(folder / "e", kind, file, source="tool", valid_days=None, by=None, today=TODAY)


def facts(folder: Path) -> dict[str, Fact]:
    return {fact.id: fact for fact in record_facts(folder)}


def fact(folder: Path, kind: EvidenceKind, text: str) -> Fact:
    record(folder, kind, text)
    (found,) = [item for item in record_facts(folder / "e") if item.examined_count is not None]
    return found


def test_every_kind_can_be_recorded_and_read(tmp_path: Path) -> None:
    record_all(tmp_path / "project", TODAY)
    found = facts(tmp_path / "project/evidence")
    assert len(found) == len(EvidenceKind)
    for item in found.values():
        assert (item.problem_count, item.source, item.recorded_on) == (0, "a tool", TODAY)
        assert item.examined_count
        assert item.expires_on == TODAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        (
            EvidenceKind.VULNERABILITIES,
            {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]},
            "a 1: PYSEC-1",
        ),
        (
            EvidenceKind.VULNERABILITIES,
            {"dependencies": [{"name": "a", "skip_reason": "no data"}]},
            "a was not looked at: no data",
        ),
        (
            EvidenceKind.CODE_SECURITY,
            {
                "metrics": {"a.py": {}},
                "errors": [],
                "results": [{"filename": "a.py", "line_number": 3, "issue_severity": "HIGH", "issue_text": "shell"}],
            },
            "a.py:3: shell",
        ),
        (
            EvidenceKind.CODE_SECURITY,
            {"metrics": {"a.py": {}}, "results": [], "errors": [{"filename": "b.py", "reason": "syntax"}]},
            "b.py: not looked at: syntax",
        ),
        (
            EvidenceKind.BILL_OF_MATERIALS,
            {"bomFormat": "CycloneDX", "components": [{"name": "a"}]},
            "a has no version",
        ),
        (
            EvidenceKind.IMAGE,
            {"image": "x", "digest": "sha256:1", "user": "root", "is_linted": True, "exit_code": 0},
            "x runs as root",
        ),
        (
            EvidenceKind.IMAGE,
            {"image": "x", "digest": "sha256:1", "user": "u", "is_linted": False, "exit_code": 0},
            "x was not linted",
        ),
        (
            EvidenceKind.IMAGE,
            {"image": "x", "digest": "sha256:1", "user": "u", "is_linted": True, "exit_code": 137},
            "x ended with 137",
        ),
        (EvidenceKind.RECOVERY_DRILL, {"file_count": 1, "problems": ["run.json was lost"]}, "run.json was lost"),
        (EvidenceKind.MEMORY_REDUCTION, {"before_bytes": 5, "now_bytes": 5}, "5 bytes are not less than 5"),
    ],
)
def test_what_a_tool_found_is_a_problem(kind: EvidenceKind, content: object, problem: str, tmp_path: Path) -> None:
    assert fact(tmp_path, kind, json.dumps(content)).problems == (problem,)


def test_a_test_that_failed_is_a_problem_and_one_that_was_skipped_did_not_run(tmp_path: Path) -> None:
    text = '<testsuite><testcase name="a"><failure/></testcase><testcase><skipped/></testcase></testsuite>'
    found = fact(tmp_path, EvidenceKind.CI_RUN, text)
    assert (found.examined_count, found.problems) == (1, ("a did not pass",))


@pytest.mark.parametrize("kind", EvidenceKind)
@pytest.mark.parametrize("text", ["", "[]", "{}", "<a/>", '{"bomFormat": "SPDX", "components": []}'])
def test_a_file_of_another_kind_is_refused(kind: EvidenceKind, text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"made\.txt is not "):
        record(tmp_path, kind, text)
    assert not (tmp_path / "e").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        record_evidence(tmp_path, EvidenceKind.IMAGE, tmp_path / "no", source="x", valid_days=1, by=None, today=TODAY)


@pytest.mark.parametrize("days", [0, 31])
def test_nothing_counts_for_longer_than_its_kind_may(days: int, tmp_path: Path) -> None:
    name, text = FILES[EvidenceKind.RECOVERY_DRILL]
    file = put(tmp_path / name, text)
    with pytest.raises(UsageError, match="counts for 1 to 30 days"):
        record_evidence(tmp_path, EvidenceKind.RECOVERY_DRILL, file, source="x", valid_days=days, by=None, today=TODAY)
    assert max(LONGEST_DAYS.values()) <= 90


def test_a_person_who_vouches_is_named(tmp_path: Path) -> None:
    name, text = FILES[EvidenceKind.IMAGE]
    file = put(tmp_path / name, text)
    record_evidence(tmp_path / "e", EvidenceKind.IMAGE, file, source="by hand", valid_days=1, by="Ada", today=TODAY)
    assert facts(tmp_path / "e")["untested-image"].source == "by hand, by Ada"


def test_a_record_that_was_moved_to_another_kind_says_nothing(tmp_path: Path) -> None:
    _, text = FILES[EvidenceKind.CI_RUN]
    path = record(tmp_path, EvidenceKind.CI_RUN, text)
    path.rename(path.with_name("documented-commands.json"))
    assert {item.examined_count for item in record_facts(tmp_path / "e")} == {None}


def test_a_kind_is_guessed() -> None:
    assert kind_of("ci-run") is EvidenceKind.CI_RUN
    with pytest.raises(UsageError) as caught:
        kind_of("ci-runs")
    assert caught.value.fix == "did you mean ci-run?"
    with pytest.raises(UsageError) as caught:
        kind_of("zzz")
    assert caught.value.fix is not None
    assert caught.value.fix.startswith("choose from: ci-run, image")
