"""Rules that compare with a second run of the step, or with an earlier run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from builders import a_job
from cursus_readiness.model.job import JobOutput
from cursus_readiness.model.reference import Reference, ReferenceStep
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.archives import pack
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.base import RuleSyntaxError
from cursus_readiness.rules.comparands import NOTHING, Comparands, SecondRun
from cursus_readiness.rules.judging import judge
from cursus_readiness.rules.metric_baseline import Baseline, parse_baseline
from cursus_readiness.rules.registry import RULES, BoundRule
from rule_files import put

JOB = a_job(outputs=(JobOutput(name="data", uri="s3://b/out", path="/out"),))


def judged(root: Path, key: str, written: Any, comparands: Comparands = NOTHING, files: str = "*") -> RuleResult:
    rule = BoundRule("Train", "data", files, key, RULES[key].parse(written))
    [result] = judge(JOB, [rule], ObjectStore(root), comparands=comparands)
    return result


def twice(root: Path, name: str, first: str | bytes, second: str | bytes | None, written: Any = True) -> RuleResult:
    put(root / "one/b/out" / name, first)
    if second is not None:
        put(root / "two/b/out" / name, second)
    comparands = Comparands(second_run=SecondRun(store=ObjectStore(root / "two")))
    return judged(root / "one", "deterministic", written, comparands)


@pytest.mark.parametrize(
    ("name", "first", "second", "written", "held"),
    [
        ("t.csv", "id,v\n1,0.5\n", "id,v\n1,0.5\n", True, True),
        ("t.csv", "id,v\n1,0.5\n", "id,v\n1,0.6\n", True, False),
        ("t.csv", "id,v\n1,0.5\n", "id,v\n1,0.6\n", {"tolerance": 0.2}, True),
        ("t.csv", "id,v\n1,0.5\n2,0.5\n", "id,v\n2,0.5\n1,0.5\n", {"keys": "id"}, True),
        ("t.csv", "id,at\n1,9\n", "id,at\n1,10\n", {"ignore": "at"}, True),
        ("m.json", '{"auc": 0.9}', '{"auc": 0.9}', True, True),
        ("m.json", '{"auc": 0.9}', '{"auc": 0.8}', True, False),
        ("m.bin", b"\x00", b"\x01", True, False),
        ("t.csv", "id\n1\n", None, True, False),
    ],
)
def test_outputs_are_compared_with_those_of_the_second_run(
    name: str, first: str | bytes, second: str | bytes | None, written: Any, held: bool, tmp_path: Path
) -> None:
    assert twice(tmp_path, name, first, second, written).held is held


def packed(folder: Path, **members: str) -> bytes:
    for name, text in members.items():
        put(folder / "members" / f"{name}.txt", text)
    pack(folder / "members", folder / "packed.tar.gz")
    return (folder / "packed.tar.gz").read_bytes()


def test_of_archives_it_is_told_which_members_differ(tmp_path: Path) -> None:
    first, second = packed(tmp_path / "a", model="1", code="x"), packed(tmp_path / "b", model="2", code="x")
    assert twice(tmp_path, "model.tar.gz", first, first).held is True
    result = twice(tmp_path, "model.tar.gz", first, second)
    assert (result.held, result.message) == (False, "model.tar.gz has other bytes in model.txt")
    again = gzip.compress(gzip.decompress(first), mtime=1)
    assert twice(tmp_path, "model.tar.gz", first, again).message.endswith("(its members are the same)")


def test_without_a_second_run_nothing_is_told(tmp_path: Path) -> None:
    put(tmp_path / "b/out/t.csv", "id\n1\n")
    assert judged(tmp_path, "deterministic", True).message == "not judged: it was not run a second time"
    failed = Comparands(second_run=SecondRun(why_not="its second run failed", has_failed=True))
    result = judged(tmp_path, "deterministic", True, failed)
    assert (result.held, result.message) == (False, "its second run failed")


@pytest.mark.parametrize("written", [False, {}, {"tolerances": 1}, {"tolerance": -1}, {"keys": []}, "yes"])
def test_how_alike_outputs_have_to_be_is_checked_when_it_is_read(written: Any) -> None:
    with pytest.raises(RuleSyntaxError):
        RULES["deterministic"].parse(written)


def before(**metrics: float) -> Comparands:
    step = ReferenceStep(metrics={"data/*": metrics} if metrics else {})
    return Comparands(newest=Reference(name="run 1", steps={"Train": step}))


def compared(root: Path, content: Any, comparands: Comparands, **baseline: Any) -> RuleResult:
    put(root / "b/out/m.json", json.dumps(content))
    return judged(root, "metric", {"path": "auc", "baseline": baseline or True}, comparands)


@pytest.mark.parametrize(
    ("now", "then", "baseline", "held"),
    [
        (0.9, 0.9, {}, True),
        (0.91, 0.9, {}, False),
        (0.95, 0.9, {"better": "higher"}, True),
        (0.89, 0.9, {"better": "higher"}, False),
        (0.89, 0.9, {"better": "higher", "tolerance": 0.01}, True),
        (0.8899, 0.9, {"better": "higher", "tolerance": 0.01}, False),
        (0.1, 0.2, {"better": "lower"}, True),
        (0.21, 0.2, {"better": "lower", "tolerance_ratio": 0.05}, True),
        (0.211, 0.2, {"better": "lower", "tolerance_ratio": 0.05}, False),
        (-1.1, -1.0, {"tolerance_ratio": 0.1}, True),
        (5, 4, {"tolerance": 1}, True),
    ],
)
def test_a_number_may_be_so_much_worse(
    now: float, then: float, baseline: dict[str, Any], held: bool, tmp_path: Path
) -> None:
    result = compared(tmp_path, {"auc": now}, before(auc=then), **baseline)
    assert result.held is held, result.message
    assert result.measured == {"auc": now}


@pytest.mark.parametrize(
    ("comparands", "message"),
    [
        (NOTHING, "not judged: there is no earlier run that came to its end to compare with"),
        (before(), "not judged: run 1 has no number of Train data/*"),
        (before(loss=1.0), "not judged: run 1 has no auc"),
    ],
)
def test_without_a_number_to_compare_with_nothing_is_told_and_the_number_is_kept(
    comparands: Comparands, message: str, tmp_path: Path
) -> None:
    result = compared(tmp_path, {"auc": 0.9}, comparands)
    assert (result.held, result.message, result.measured) == (None, message, {"auc": 0.9})


@pytest.mark.parametrize("content", [{}, {"auc": "high"}, {"auc": None}, {"auc": True}, {"auc": float("nan")}, []])
def test_a_number_that_is_not_there_is_not_as_good(content: Any, tmp_path: Path) -> None:
    assert compared(tmp_path, content, before(auc=0.5)).held is False


def test_numbers_of_several_files_have_none_to_be_compared(tmp_path: Path) -> None:
    put(tmp_path / "b/out/n.json", '{"auc": 0.9}')
    result = compared(tmp_path, {"auc": 0.9}, before(auc=0.9))
    assert (result.held, result.measured) == (False, {})


def test_a_bound_that_is_broken_is_told_first(tmp_path: Path) -> None:
    put(tmp_path / "b/out/m.json", '{"auc": 0.7}')
    written = {"path": "auc", "bound": ">= 0.8", "baseline": True}
    result = judged(tmp_path, "metric", written, NOTHING)
    assert (result.held, result.message) == (False, "auc = 0.7, expected >= 0.8")
    assert result.measured == {"auc": 0.7}


def test_every_number_that_a_metric_rule_judges_is_kept(tmp_path: Path) -> None:
    put(tmp_path / "b/out/m.json", '{"auc": 0.7, "folds": [{"f1": 1}]}')
    result = judged(tmp_path, "metric", ["auc >= 0.5", "folds[0].f1 >= 0.5"])
    assert result.measured == {"auc": 0.7, "folds[0].f1": 1.0}


def test_what_was_expected_is_said_in_words() -> None:
    said = [
        str(Baseline()),
        str(Baseline(better="higher")),
        str(Baseline(tolerance=0.05, is_ratio=True, better="lower")),
        str(Baseline(tolerance=0.5)),
    ]
    assert said == ["the same", "at least as good", "at most 5.0 % worse", "at most 0.5 apart"]


@pytest.mark.parametrize(
    "written",
    [
        {"path": "auc"},
        {"path": "", "baseline": True},
        {"path": 7, "baseline": True},
        {"path": "auc", "baseline": False},
        {"path": "auc", "baseline": {"tolerance": -1}},
        {"path": "auc", "baseline": {"tolerance": True}},
        {"path": "auc", "baseline": {"tolerance": 1, "tolerance_ratio": 1}},
        {"path": "auc", "baseline": {"better": "more"}},
        {"path": "auc", "baseline": {"name": ""}},
        {"path": "auc", "baseline": {"tolerances": 1}},
        {"path": "auc", "baseline": True, "bound": "high"},
    ],
)
def test_a_comparison_is_checked_when_it_is_read(written: Any) -> None:
    with pytest.raises(RuleSyntaxError):
        RULES["metric"].parse(written)


def test_a_baseline_may_have_a_name() -> None:
    assert parse_baseline({"name": "main", "tolerance_ratio": 0.1}) == Baseline("main", 0.1, is_ratio=True)
