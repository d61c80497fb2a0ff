"""Every path of a run folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.store.layout import RunLayout, folder_name

NAMES = st.text(min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Train", "Train"),
        ("a-b_c 1", "a-b_c 1"),
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("plan.json", "plan%2Ejson"),
        ("ü", "%C3%BC"),
        ("a%2Fb", "a%252Fb"),
    ],
)
def test_a_name_stays_readable(name: str, folder: str) -> None:
    assert folder_name(name) == folder


@pytest.mark.parametrize(("length", "is_cut"), [(120, False), (121, True)])
def test_only_long_names_are_cut(length: int, is_cut: bool) -> None:
    assert ("~" in folder_name("x" * length)) is is_cut


@given(NAMES)
def test_a_folder_name_is_one_safe_part_of_a_path(name: str) -> None:
    folder = folder_name(name)
    assert 0 < len(folder.encode()) <= 140
    assert folder.isascii()
    assert not set("/\0.") & set(folder)


@given(NAMES, NAMES)
def test_different_names_have_different_folders(first: str, second: str) -> None:
    assert (folder_name(first) == folder_name(second)) == (first == second)


@given(st.text(min_size=100, max_size=130), st.text(max_size=4), st.text(max_size=4))
def test_long_names_that_differ_at_the_end_have_different_folders(start: str, first: str, second: str) -> None:
    assert (folder_name(start + first) == folder_name(start + second)) == (first == second)


def test_every_file_has_its_place(tmp_path: Path) -> None:
    run = RunLayout(tmp_path / "run-1")
    scenario = run.scenario("a/b")
    step = scenario.step("S")
    shown = {
        path.relative_to(run.folder).as_posix()
        for path in (
            run.manifest, run.journal, run.work, scenario.record, scenario.plan, scenario.dataset, scenario.findings,
            scenario.objects, scenario.root(0), scenario.spare_logs(0), step.result, step.samples,
            step.stdout, step.stderr,
            run.rendered("json"), run.rendered("md"), run.rendered("html"), run.rendered("xml"),
        )
    }  # fmt: skip
    assert run.run_id == "run-1"
    assert shown == {
        "run.json", "events.jsonl", ".work", "a%2Fb/scenario.json", "a%2Fb/plan.json", "a%2Fb/dataset.json",
        "a%2Fb/findings.json", ".work/a%2Fb/s3", ".work/a%2Fb/root-0", ".work/a%2Fb/logs-0",
        "a%2Fb/S/result.json", "a%2Fb/S/samples.parquet",
        "a%2Fb/S/stdout.log", "a%2Fb/S/stderr.log", "readiness.json", "readiness.md", "readiness.html", "junit.xml",
    }  # fmt: skip
