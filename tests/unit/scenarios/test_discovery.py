"""Scenario files in a folder tree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.scenarios.discovery import discover


def scenario_text(name: str = "a") -> str:
    return yaml.safe_dump({"scenario_name": name, "pipeline_config_path": "d.json", "expected_steps": []})


def put(path: Path, text: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(scenario_text(path.stem) if text is None else text, encoding="utf-8")
    return path


def names(root: Path) -> list[str]:
    return [scenario.scenario_name for scenario in discover(root).scenarios]


def broken(root: Path) -> list[str]:
    return [path.name for path, _ in discover(root).broken]


def test_scenarios_are_found_at_any_depth_sorted_by_path(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "sub/deep/c.YAML", "d.json"):
        put(tmp_path / name, json.dumps(yaml.safe_load(scenario_text("d"))) if name.endswith("json") else None)
    assert names(tmp_path) == ["a", "b", "d", "c"]


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    found = discover(tmp_path)
    assert (found.scenarios, found.broken, found.findings) == ((), (), ())


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no such file or folder") as caught:
        discover(tmp_path / "nope")
    assert caught.value.fix


def test_a_file_can_be_named_itself(tmp_path: Path) -> None:
    put(tmp_path / "other.yaml")
    assert names(put(tmp_path / "a.txt")) == ["a"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("schema.yaml", "rows: 3\ncolumns: {}\n", id="another YAML file"),
        pytest.param("definition.json", '{"Version": "1", "Steps": []}', id="a definition"),
        pytest.param("list.yaml", "- scenario_name\n", id="a list"),
        pytest.param("empty.yaml", "", id="an empty file"),
        pytest.param("broken.yaml", "a: [", id="a broken file of something else"),
        pytest.param("notes.txt", scenario_text(), id="another suffix"),
        pytest.param(".hidden.yaml", scenario_text(), id="a hidden file"),
        pytest.param(".git/a.yaml", scenario_text(), id="a hidden folder"),
    ],
)
def test_what_is_no_scenario_is_left_alone(file: str, text: str, tmp_path: Path) -> None:
    put(tmp_path / file, text)
    found = discover(tmp_path)
    assert (found.scenarios, found.broken) == ((), ())


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("a.yaml", "scenario_name: x\n", id="fields are missing"),
        pytest.param("a.yaml", "scenario_nam: x\npipeline: y\n", id="a field is misspelled"),
        pytest.param("a.yaml", "scenario_name: [\n", id="broken YAML"),
        pytest.param("a.json", '{"scenario_name": ', id="broken JSON"),
        pytest.param("a.yaml", scenario_text() + "Steps: {Train: {retries: 1}}\n", id="a field in capitals"),
    ],
)
def test_a_broken_scenario_is_told_and_not_dropped(file: str, text: str, tmp_path: Path) -> None:
    put(tmp_path / file, text)
    put(tmp_path / "good.yaml")
    assert broken(tmp_path) == [file]
    assert names(tmp_path) == ["good"]


def test_a_file_that_cannot_be_decoded_might_be_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"scenario_name: caf\xe9")
    assert broken(tmp_path) == ["a.yaml"]


def test_a_file_that_cannot_be_read_might_be_a_scenario(tmp_path: Path) -> None:
    memory = Path("/proc/self/mem")
    if not memory.exists():
        pytest.skip("needs a file whose reading fails for everybody")
    (tmp_path / "a.yaml").symlink_to(memory)
    assert broken(tmp_path) == ["a.yaml"]


def test_an_empty_file_that_is_named_is_broken(tmp_path: Path) -> None:
    assert broken(put(tmp_path / "a.yaml", "")) == ["a.yaml"]


def test_a_name_that_is_there_twice_is_told_with_the_first_file(tmp_path: Path) -> None:
    put(tmp_path / "1.yaml", scenario_text("same"))
    put(tmp_path / "2.yaml", scenario_text("same"))
    found = discover(tmp_path)
    assert [path.name for path, _ in found.broken] == ["2.yaml"]
    assert "'same' is also the name of" in found.findings[0].message
    assert found.findings[0].message.endswith("1.yaml")


@pytest.mark.parametrize("where", ["readiness.toml", "../readiness.toml"], ids=["here", "above"])
def test_excluded_folders_are_left_out(where: str, tmp_path: Path) -> None:
    root = tmp_path / "scenarios"
    put(root / "good.yaml")
    put(root / "failing" / "bad.yaml")
    exclude = "failing" if where == "readiness.toml" else "scenarios/failing"
    put(root / where, f'[discovery]\nexclude = ["{exclude}"]\n')
    assert names(root) == ["good"]


@pytest.mark.parametrize("asked", ["failing", "failing/deep", "failing/bad.yaml"])
def test_an_excluded_folder_can_be_named(asked: str, tmp_path: Path) -> None:
    put(tmp_path / "failing" / "bad.yaml")
    put(tmp_path / "failing" / "deep" / "worse.yaml")
    put(tmp_path / "readiness.toml", '[discovery]\nexclude = ["failing"]\n')
    assert names(tmp_path / asked)


def test_the_nearest_settings_count_alone(tmp_path: Path) -> None:
    root = tmp_path / "scenarios"
    put(root / "failing" / "bad.yaml")
    put(tmp_path / "readiness.toml", '[discovery]\nexclude = ["scenarios/failing"]\n')
    put(root / "readiness.toml", "")
    assert names(root) == ["bad"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[discovery\n", id="broken TOML"),
        pytest.param('[discovery]\nexclude = "failing"\n', id="text for a list"),
        pytest.param("[discovery]\nexclude = [3]\n", id="a number in the list"),
        pytest.param("discovery = 3\n", id="a number for the table"),
    ],
)
def test_settings_with_mistakes_exclude_nothing(text: str, tmp_path: Path) -> None:
    """The policy that they are part of is told where it is judged by: the run is inconclusive."""
    put(tmp_path / "failing" / "bad.yaml")
    put(tmp_path / "readiness.toml", text)
    assert names(tmp_path) == ["bad"]


def test_settings_that_are_not_utf_8_exclude_nothing(tmp_path: Path) -> None:
    put(tmp_path / "failing" / "bad.yaml")
    (tmp_path / "readiness.toml").write_bytes(b'[discovery]\nexclude = ["failing"] # \xe9')
    assert names(tmp_path) == ["bad"]


def test_settings_can_stand_in_pyproject(tmp_path: Path) -> None:
    put(tmp_path / "good.yaml")
    put(tmp_path / "failing" / "bad.yaml")
    put(tmp_path / "pyproject.toml", '[project]\nname = "x"\n[tool.readiness.discovery]\nexclude = ["failing"]\n')
    assert names(tmp_path) == ["good"]


def test_a_link_to_an_excluded_folder_does_not_bring_it_back(tmp_path: Path) -> None:
    put(tmp_path / "failing" / "bad.yaml")
    put(tmp_path / "readiness.toml", '[discovery]\nexclude = ["failing"]\n')
    (tmp_path / "link").symlink_to(tmp_path / "failing")
    assert names(tmp_path) == []


def test_run_folders_hold_no_scenarios(tmp_path: Path) -> None:
    put(tmp_path / "good.yaml")
    put(tmp_path / "reports" / "run" / "events.jsonl", "")
    put(tmp_path / "reports" / "run" / "churn" / "copy.yaml")
    assert names(tmp_path) == ["good"]


def test_a_dangling_link_is_no_scenario(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "nowhere.yaml")
    assert discover(tmp_path).broken == ()
