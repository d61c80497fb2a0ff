"""A store set aside for a second run."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import a_step
from cursus_readiness.gather.attempt import Attempt
from cursus_readiness.gather.repeat import repeated, set_aside
from cursus_readiness.gather.reuse import EarlierStep, repeated_rules
from cursus_readiness.gather.workplace import Surroundings
from cursus_readiness.model.rule import RuleResult
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.files import link_file
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.rules.registry import RULES, BoundRule
from cursus_readiness.store.layout import StepLayout
from cursus_readiness.store.records import StepRecord
from rule_files import put


def test_it_has_the_same_objects_and_what_is_put_there_is_not_in_the_other(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "s3")
    put(store.root / "b/x/1.txt", "one")
    outside = put(tmp_path / "data/2.txt", "two")
    (store.root / "b/2.txt").symlink_to(outside)
    (store.root / "b/folder").symlink_to(outside.parent)
    with set_aside(store, tmp_path / "again") as second:
        assert second.path_of("s3://b/x/1.txt").read_text() == "one"
        assert second.path_of("s3://b/2.txt").read_text() == "two"
        assert second.path_of("s3://b/folder").is_symlink()
        link_file(put(tmp_path / "new", "changed"), second.path_of("s3://b/x/1.txt"))
        put(second.path_of("s3://b/x/3.txt"), "three")
    assert sorted(path.name for path in (store.root / "b/x").iterdir()) == ["1.txt"]
    assert store.path_of("s3://b/x/1.txt").read_text() == "one"
    assert outside.read_text() == "two"
    assert not (tmp_path / "again").exists()


def test_what_a_run_that_was_killed_left_there_is_gone(tmp_path: Path) -> None:
    put(tmp_path / "again/b/old.txt", "old")
    put(tmp_path / "s3/b/new.txt", "new")
    with set_aside(ObjectStore(tmp_path / "s3"), tmp_path / "again") as second:
        assert [path.name for path in (second.root / "b").iterdir()] == ["new.txt"]


def a_rule(key: str, written: object = True) -> BoundRule:
    return BoundRule("Train", "data", "*", key, RULES[key].parse(written))


def earlier(tmp_path: Path, held: bool | None) -> EarlierStep:
    result = RuleResult(step="Train", target="data/*", rule="deterministic", held=held, message="then")
    record = StepRecord.model_validate({**a_step().model_dump(), "rules": (result,)})
    return EarlierStep("run", record, {}, ObjectStore(tmp_path))


@pytest.mark.parametrize(("held", "expected"), [(True, True), (False, True), (None, False)])
def test_a_step_counts_as_run_twice_only_when_the_rule_was_judged(
    held: bool | None, expected: bool, tmp_path: Path
) -> None:
    assert earlier(tmp_path, held).has_judged([a_rule("exists"), a_rule("deterministic")]) is expected
    assert earlier(tmp_path, held).has_judged([a_rule("exists")])


def test_what_was_told_of_the_second_run_is_kept_and_all_else_is_judged_again(tmp_path: Path) -> None:
    rules = [a_rule("exists"), a_rule("deterministic")]
    now = [RuleResult(step="Train", target="data/*", rule=rule.key, held=None, message="now") for rule in rules]
    assert [result.message for result in earlier(tmp_path, held=True).with_second_runs(rules, now)] == ["now", "then"]


def test_another_tolerance_is_another_second_run() -> None:
    assert repeated_rules([a_rule("exists")]) == []
    one, other = (repeated_rules([a_rule("deterministic", {"tolerance": value})]) for value in (0.1, 0.2))
    assert one != other


def surroundings(folder: Path) -> Surroundings:
    store = ObjectStore(folder)
    return Surroundings(folder, S3Endpoint(store), store, StepLayout(folder / "again"))


def test_a_second_run_that_fails_is_told_with_why(tmp_path: Path) -> None:
    found = repeated("Train", Attempt(error="its outputs cannot be collected"), surroundings(tmp_path))
    assert found.second_run.has_failed
    assert found.second_run.why_not.endswith("ended otherwise, failed: its outputs cannot be collected")
    assert found.record is not None
    assert (found.record.status.value, found.record.wall_s) == ("failed", None)
    assert [finding.id for finding in found.findings] == ["second-run"]


def test_what_ends_the_run_while_a_step_runs_again_is_handed_on_and_says_nothing_of_the_step(tmp_path: Path) -> None:
    error = OSError("no space left")
    found = repeated("Train", Attempt(fatal=error), surroundings(tmp_path))
    assert (found.fatal, found.second_run.has_failed) == (error, False)
