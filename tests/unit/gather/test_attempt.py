"""What a step leaves where its results are looked for is in its hands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cursus_readiness.gather.attempt import UnreadableResultsError, _results
from cursus_readiness.model.job import Job


def a_job() -> Job:
    return Job(
        step_name="S",
        step_type="Lambda",
        command=("x",),
        working_directory="/",
        environment={},
        results_file="/results",
    )


def test_results_are_read(tmp_path: Path) -> None:
    (tmp_path / "results").write_text('{"a": 1}', encoding="utf-8")
    assert _results(a_job(), tmp_path) == {"a": 1}


LEFT: dict[str, Callable[[Path], object]] = {
    "nothing": lambda file: None,
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a link": lambda file: file.symlink_to("/proc/self/status"),
    "no JSON": lambda file: file.write_text("{", encoding="utf-8"),
    "no object": lambda file: file.write_text("[]", encoding="utf-8"),
}


@pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT.keys())
def test_what_is_no_result_is_told_and_holds_nobody_up(tmp_path: Path, leave: Callable[[Path], object]) -> None:
    leave(tmp_path / "results")
    with pytest.raises(UnreadableResultsError, match=r"^/results "):
        _results(a_job(), tmp_path)
