"""What is told of the data of steps, whatever lies in their folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import FakeClock, a_job, an_input, an_output
from cursus_readiness.gather.profiles import Profiles
from cursus_readiness.model.result import OutputRecord
from cursus_readiness.model.table import TableRecord
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.reading import TableFormat
from cursus_readiness.rules.registry import RULES, BoundRule
from cursus_readiness.rules.settings import Settings
from rule_files import put, table

OUTPUT = "opt/ml/processing/output/data"
JOB = a_job(outputs=(an_output("s3://b/out"),))


def profiles(root: Path, *served: str) -> Profiles:
    return Profiles(ObjectStore(root), served, FakeClock())


def described(root: Path, *rules: BoundRule, file_count: int = 1) -> tuple[TableRecord, ...] | None:
    record = OutputRecord(name="data", uri="s3://b/out", file_count=file_count, size_bytes=1)
    [found] = profiles(root).outputs(JOB, [record], rules)
    return found.tables


def test_tables_of_an_output_are_described(tmp_path: Path) -> None:
    put(tmp_path / "b/out/sub/t.csv", "a\n1\n")
    put(tmp_path / "b/out/notes.txt", "x")
    [found] = described(tmp_path) or ()
    assert (found.path, found.row_count) == ("sub/t.csv", 1)


def test_an_output_without_files_is_not_looked_at(tmp_path: Path) -> None:
    assert described(tmp_path, file_count=0) == ()


def test_an_archive_is_no_table(tmp_path: Path) -> None:
    put(tmp_path / "b/m/model.tar.gz", b"x")
    job = a_job(outputs=(an_output("s3://b/m/model.tar.gz", tar=True),))
    record = OutputRecord(name="data", uri="s3://b/m/model.tar.gz", file_count=1, size_bytes=1)
    [found] = profiles(tmp_path).outputs(job, [record], ())
    assert found.tables == ()


def test_a_rule_says_how_its_files_are_written(tmp_path: Path) -> None:
    put(tmp_path / "b/out/t.csv", "x;y\nz;w\n")
    rule = BoundRule(
        "Train", "data", "*.csv", "exists", RULES["exists"].parse(True), Settings(TableFormat(("p", "q"), ";"))
    )
    [found] = described(tmp_path, rule) or ()
    assert ([column.name for column in found.columns], found.row_count) == (["p", "q"], 2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_nobody_may_look_into_is_not_known(tmp_path: Path) -> None:
    folder = tmp_path / "b/out/sub"
    put(folder / "t.csv", "a\n1\n")
    folder.chmod(0)
    try:
        assert described(tmp_path) is None
    finally:
        folder.chmod(0o755)


def test_data_that_a_source_served_are_described_once(tmp_path: Path) -> None:
    put(tmp_path / "b/raw/t.csv", "a\n1\n2\n")
    looking = profiles(tmp_path, "s3://b/raw/")
    job = a_job(inputs=(an_input("s3://b/raw", name="one"), an_input("s3://b/raw", name="two")))
    one, two = looking.inputs(job)
    assert (one.name, two.name, one.file_count, one.size_bytes) == ("one", "two", 1, 6)
    assert [found.row_count for found in one.tables or ()] == [2]
    (tmp_path / "b/raw/t.csv").unlink()
    assert looking.inputs(job) == (one, two)


def test_a_single_object_is_described_too(tmp_path: Path) -> None:
    put(tmp_path / "b/raw/t.csv", "a\n1\n")
    [found] = profiles(tmp_path, "s3://b/raw/").inputs(a_job(inputs=(an_input("s3://b/raw/t.csv"),)))
    assert [item.path for item in found.tables or ()] == ["t.csv"]


def test_what_steps_write_is_told_with_their_outputs_and_code_is_no_data(tmp_path: Path) -> None:
    inputs = (an_input("s3://b/out"), an_input("s3://b/raw/code", is_code=True))
    [found] = profiles(tmp_path, "s3://b/raw/").inputs(a_job(inputs=inputs))
    assert (found.uri, found.file_count, found.tables) == ("s3://b/out", None, None)


def test_what_is_not_there_has_no_files(tmp_path: Path) -> None:
    [found] = profiles(tmp_path, "s3://b/raw/").inputs(a_job(inputs=(an_input("s3://b/raw/x"),)))
    assert (found.file_count, found.tables) == (0, ())


def test_a_step_that_failed_has_what_it_left_behind(tmp_path: Path) -> None:
    put(tmp_path / OUTPUT / "t.csv", "a\n1\n")
    [found] = profiles(tmp_path / "store").left_behind(JOB, tmp_path)
    assert (found.name, found.file_count, found.size_bytes) == ("data", 1, 4)
    assert [item.row_count for item in found.tables or ()] == [1]


def half_a_table(folder: Path) -> None:
    table(folder / "t.parquet", a=[1, 2])
    os.truncate(folder / "t.parquet", 60)


def links(folder: Path) -> None:
    (folder / "up").symlink_to("..")
    (folder / "itself.csv").symlink_to("itself.csv")
    (folder / "out.csv").symlink_to("/etc/passwd")


HOSTILE: dict[str, tuple[Callable[[Path], object], int]] = {
    "nothing": (lambda folder: None, 0),
    "a pipe": (lambda folder: os.mkfifo(folder / "t.csv"), 0),
    "links in a circle and to elsewhere": (links, 0),
    "half a table": (half_a_table, 1),
    "a folder of that name": (lambda folder: (folder / "t.csv").mkdir(), 0),
}


@pytest.mark.parametrize(("leave", "count"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_a_failed_step_left_holds_nobody_up(leave: Callable[[Path], object], count: int, tmp_path: Path) -> None:
    folder = tmp_path / OUTPUT
    folder.mkdir(parents=True)
    leave(folder)
    found = profiles(tmp_path / "store").left_behind(JOB, tmp_path)
    assert sum(record.file_count for record in found) == count


def test_an_output_folder_that_leads_out_of_the_root_is_not_looked_into(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/t.csv", "a\n1\n")
    folder = tmp_path / "root" / OUTPUT
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path / "elsewhere")
    assert profiles(tmp_path / "store").left_behind(JOB, tmp_path / "root") == ()
