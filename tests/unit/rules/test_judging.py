"""The outputs of a step, judged by its rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from builders import a_job
from cursus_readiness.model.job import JobOutput, Packing
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.judging import judge, not_judged
from cursus_readiness.rules.registry import RULES, BoundRule

JOB = a_job(
    outputs=(
        JobOutput(name="data", uri="s3://b/out", path="/opt/ml/processing/output/data"),
        JobOutput(name="model", uri="s3://b/m/model.tar.gz", path="/opt/ml/model", packing=Packing.TAR_GZ),
    )
)


def a_rule(target: str, key: str = "exists", written: Any = True) -> BoundRule:
    output, _, pattern = target.partition("/")
    return BoundRule("Train", output, pattern, key, RULES[key].parse(written))


def put(root: Path, name: str, content: bytes = b"a\n1\n") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def judged(root: Path, *rules: BoundRule) -> list[RuleResult]:
    return judge(JOB, list(rules), ObjectStore(root))


def test_files_are_matched_below_the_output(tmp_path: Path) -> None:
    put(tmp_path, "b/out/1.csv")
    put(tmp_path, "b/out/sub/2.csv")
    put(tmp_path, "b/other/3.csv")
    found = judged(tmp_path, a_rule("data/*.csv"), a_rule("data/**/*.csv"), a_rule("data/sub/2.csv"))
    assert [result.message for result in found] == ["1 files", "2 files", "1 files"]
    assert [result.target for result in found] == ["data/*.csv", "data/**/*.csv", "data/sub/2.csv"]


@pytest.mark.parametrize("existing", [[], ["b/out/x.txt"], ["b/out/folder.csv/x"]], ids=["nothing", "other", "folder"])
def test_a_rule_without_a_file_is_broken(existing: list[str], tmp_path: Path) -> None:
    for name in existing:
        put(tmp_path, name)
    (found,) = judged(tmp_path, a_rule("data/*.csv"))
    assert (found.held, found.message) == (False, "no file matches")


@pytest.mark.parametrize(("pattern", "held"), [("model.tar.gz", True), ("*.tar.gz", True), ("other.tar.gz", False)])
def test_an_archive_is_judged_as_the_file_it_is(pattern: str, held: bool, tmp_path: Path) -> None:
    put(tmp_path, "b/m/model.tar.gz")
    assert judged(tmp_path, a_rule(f"model/{pattern}"))[0].held is held


def test_an_archive_that_is_not_there_is_broken(tmp_path: Path) -> None:
    assert judged(tmp_path, a_rule("model/model.tar.gz"))[0].held is False


def test_a_file_that_cannot_be_read_breaks_the_rule_and_not_the_tool(tmp_path: Path) -> None:
    put(tmp_path, "b/out/a.parquet", b"no")
    first, second = judged(tmp_path, a_rule("data/*.parquet", "row_count", 3), a_rule("data/*.parquet"))
    assert first.held is False
    assert "a.parquet is not readable" in first.message
    assert second.held is True


def test_a_file_name_that_is_not_utf_8_does_not_break_the_tool(tmp_path: Path) -> None:
    put(tmp_path, "b/out/x")
    with open(os.fsencode(tmp_path / "b" / "out") + b"/\xff.csv", "wb"):
        pass
    found = judged(tmp_path, a_rule("data/*.csv"), a_rule("data/*.csv", "row_count", 3))
    assert [result.held for result in found] == [False, False]
    found[0].model_dump_json()


def test_results_keep_the_order_of_the_rules(tmp_path: Path) -> None:
    put(tmp_path, "b/out/a.csv")
    found = judged(tmp_path, a_rule("data/a.csv", "row_count", 2), a_rule("data/a.csv"))
    assert [(result.rule, result.held) for result in found] == [("row_count", False), ("exists", True)]


def test_a_rule_whose_data_never_came_to_be_is_neither_held_nor_broken() -> None:
    found = not_judged(a_rule("data/*.csv"), "the step failed")
    assert (found.held, found.message) == (None, "not judged: the step failed")
