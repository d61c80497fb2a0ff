"""The files of a Cursus project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cursus_projects import a_config, a_cursus, a_project
from cursus_readiness.cursus.compiling import check_project
from cursus_readiness.cursus.project import InvalidProjectError, means_cursus, project_root, read_project, tree_sha256
from cursus_readiness.model.scenario import CursusSettings


def refusal(folder: Path, package: Path | None = None, **settings: Any) -> tuple[str, str, str | None]:
    with pytest.raises(InvalidProjectError) as raised:
        read_project(a_project(folder, **settings), package)
    found = raised.value.findings[0]
    return found.place, found.message, found.remedy


@pytest.mark.parametrize(
    ("file", "root"),
    [("p/pipeline_config/c.json", "p"), ("p/pipeline_configs/v1/c.json", "p"), ("p/other/c.json", "p/other")],
)
def test_the_root_is_where_cursus_infers_it(file: str, root: str) -> None:
    assert project_root(Path(file)) == Path(root)


def test_a_saved_configuration_is_told_from_a_definition(tmp_path: Path) -> None:
    scenario = a_project(tmp_path)
    assert means_cursus(scenario)
    for text in ('{"Version": "2020-12-01", "Steps": []}', "{", "[" * 100_000):
        scenario.path_of(scenario.pipeline_config_path).write_text(text, encoding="utf-8")
        assert not means_cursus(scenario)
    scenario.path_of(scenario.pipeline_config_path).unlink()
    assert not means_cursus(scenario)


def test_the_graph_may_be_named_in_the_configuration(tmp_path: Path) -> None:
    document = {**a_config(), "dag_path": "../../dag.json"}
    assert read_project(a_project(tmp_path, document, dag_path=None), None).dag.nodes[2] == "Package"


def test_a_graph_that_nothing_names_is_asked_for(tmp_path: Path) -> None:
    place, _, remedy = refusal(tmp_path, dag_path=None)
    assert place == "dag_path"
    assert "catalog:NAME" in str(remedy)


def test_a_graph_that_is_not_there_is_named(tmp_path: Path) -> None:
    place, message, _ = refusal(tmp_path, dag_path="gone.json")
    assert place == "dag_path"
    assert message.endswith("gone.json: No such file or directory")


def test_a_graph_that_is_none_is_named_with_its_place(tmp_path: Path) -> None:
    place, _, _ = refusal(tmp_path, graph={"dag": {"nodes": [1]}})
    assert place.endswith("dag.json: $.dag.nodes[0]")


def test_a_configuration_of_another_form_is_named(tmp_path: Path) -> None:
    place, message, _ = refusal(tmp_path, config={"configuration": {"shared": {}}, "metadata": {}})
    assert place.endswith("config.json: $")
    assert message.startswith("not a saved Cursus configuration: ")


def test_a_shared_graph_is_found_in_the_catalogue(tmp_path: Path) -> None:
    package = a_cursus(tmp_path / "cursus") / "src" / "cursus"
    project = read_project(a_project(tmp_path, dag_path="catalog:small/three"), package)
    assert (project.dag_shown, len(project.dag.nodes)) == ("catalog:small/three", 3)


@pytest.mark.parametrize("name", ["small/four", "../shared_dags/small/three", "/etc/passwd"])
def test_a_graph_outside_of_the_catalogue_is_refused(tmp_path: Path, name: str) -> None:
    package = a_cursus(tmp_path / "cursus") / "src" / "cursus"
    _, message, remedy = refusal(tmp_path, package, dag_path=f"catalog:{name}")
    assert (message, remedy) == (f"Cursus's catalogue has no graph {name!r}", "one of: small/three")


def test_the_checksum_covers_the_code_and_nothing_else(tmp_path: Path) -> None:
    scenario = a_project(tmp_path)
    before = read_project(scenario, None).content
    (tmp_path / "project" / "data").mkdir()
    (tmp_path / "project" / "data" / "big.csv").write_text("1", encoding="utf-8")
    (tmp_path / "project" / "dockers" / "__pycache__").mkdir()
    (tmp_path / "project" / "dockers" / "__pycache__" / "x.pyc").write_text("1", encoding="utf-8")
    assert read_project(scenario, None).content == before
    (tmp_path / "project" / "dockers" / "more.py").write_text("1", encoding="utf-8")
    assert read_project(scenario, None).content != before


def test_environments_and_run_folders_are_no_code(tmp_path: Path) -> None:
    before = tree_sha256(tmp_path)
    for mark in ("venv/pyvenv.cfg", "run/events.jsonl", ".git/config"):
        (tmp_path / mark).parent.mkdir()
        (tmp_path / mark).write_text("", encoding="utf-8")
    assert tree_sha256(tmp_path) == before


def test_checking_needs_no_cursus(tmp_path: Path) -> None:
    assert check_project(a_project(tmp_path)) == []
    (tmp_path / "project" / "dockers" / "scripts" / "prepare.py").unlink()
    assert [finding.id for finding in check_project(a_project(tmp_path / "other", dag_path="gone"))] == [
        "invalid-scenario"
    ]


def test_a_cursus_that_cannot_be_asked_for_its_catalogue_is_a_finding(tmp_path: Path) -> None:
    settings = CursusSettings(python="./gone")
    found = check_project(a_project(tmp_path, dag_path="catalog:small/three", cursus=settings))
    assert [finding.id for finding in found] == ["cannot-run"]
    assert json.dumps(found[0].model_dump(mode="json"))
