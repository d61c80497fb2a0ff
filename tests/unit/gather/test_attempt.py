"""What a step leaves where its results are looked for is in its hands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cursus_readiness.gather.attempt import UnreadableResultsError, _results, _single_files
from cursus_readiness.model.job import Job, JobInput, Packing
from cursus_readiness.objectstore.store import ObjectStore


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


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, ["/opt/ml/in/file"], id="a file that is there"),
        pytest.param({"is_optional": True}, [], id="one that the step may have to go without"),
        pytest.param({"packing": Packing.TAR_GZ}, [], id="an archive"),
        pytest.param({"uri": "s3://b/folder"}, [], id="a prefix"),
        pytest.param({"uri": "s3://b/missing"}, [], id="nothing"),
    ],
)
def test_what_an_earlier_step_left_stays_only_where_this_one_surely_gets_a_file(
    tmp_path: Path, fields: dict[str, object], expected: list[str]
) -> None:
    (tmp_path / "b/folder").mkdir(parents=True)
    (tmp_path / "b/file").touch()
    wanted = JobInput.model_validate({"name": "in", "uri": "s3://b/file", "path": "/opt/ml/in", **fields})
    job = a_job().model_copy(update={"inputs": (wanted,)})
    assert list(_single_files(job, ObjectStore(tmp_path))) == expected
