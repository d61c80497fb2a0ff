"""What a step asked pip for."""

from __future__ import annotations

import json
import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cursus_readiness.environments.pip_requests import LOG, PipRequest, pip_findings, read_requests
from cursus_readiness.model.finding import Severity


def test_what_was_noted_is_read_once_each(tmp_path: Path) -> None:
    item = {"text": "six>=1\u202e", "name": "six", "installed": "1.17.0", "satisfied": True, "from": None}
    line = json.dumps({"argv": [], "requirements": [item, {"text": 3}, "no"]})
    (tmp_path / LOG).write_text(f"{line}\n{line}\nno json\n[]\n", encoding="utf-8")
    assert read_requests(tmp_path) == [PipRequest("six>=1 ", "six", "1.17.0", is_satisfied=True)]


def test_a_step_that_asked_for_nothing_left_no_file(tmp_path: Path) -> None:
    assert read_requests(tmp_path) == []


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('{"requirements": [{"text": "root:x"}]}', encoding="utf-8")
    (tmp_path / LOG).symlink_to(tmp_path / "secret")
    assert read_requests(tmp_path) == []
    (tmp_path / LOG).unlink()
    os.mkfifo(tmp_path / LOG)
    assert read_requests(tmp_path) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
    lambda value: json.dumps({"requirements": value}).encode()
))  # fmt: skip
def test_whatever_a_step_writes_there_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOG).write_bytes(content)
    assert all(isinstance(item, PipRequest) for item in read_requests(tmp_path))


def test_what_is_there_is_a_note_and_what_is_not_a_warning() -> None:
    requests = [
        PipRequest("pydantic>=2", "pydantic", "2.13.5", is_satisfied=True),
        PipRequest(".", None, None, is_satisfied=None),
        PipRequest("pygam==0.8.1", "pygam", None, is_satisfied=False),
    ]
    note, warning = pip_findings("Train", requests)
    assert (note.id, note.severity, note.step) == ("pip-request", Severity.NOTE, "Train")
    assert "pydantic>=2 (has 2.13.5);" in note.message
    assert (warning.id, warning.severity) == ("unsatisfied-pip-request", Severity.WARNING)
    assert "asked pip for ., pygam==0.8.1 (has none):" in warning.message
    assert warning.remedy


def test_many_requests_make_one_short_finding() -> None:
    requests = [PipRequest(f"a{number}", f"a{number}", "1", is_satisfied=True) for number in range(9)]
    (note,) = pip_findings("A", requests)
    assert "and 4 more" in note.message
    assert len(note.examples) == 9
    assert pip_findings("A", []) == []
