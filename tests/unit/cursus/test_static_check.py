"""What is found in a Cursus project without Cursus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_projects import EDGES, NODES, a_config, a_graph
from cursus_readiness.cursus.binding import bind
from cursus_readiness.cursus.config import parse_config
from cursus_readiness.cursus.dag import parse_dag
from cursus_readiness.cursus.static_check import StaticCheck, relocation
from cursus_readiness.model.finding import Finding, Severity

REAL = Path(__file__).parents[4] / "shared" / "cursus-data"
FILES = frozenset({"dockers/scripts/prepare.py", "dockers/scripts/package.py", "pipeline_config/config.json"})


def check(
    config: dict[str, Any] | None = None, graph: dict[str, Any] | None = None, files: frozenset[str] = FILES
) -> list[Finding]:
    dag = parse_dag(json.dumps(graph or a_graph()))
    return StaticCheck(parse_config(config or a_config()), dag, "config.json", "dag.json", files).findings()


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, [finding.line() for finding in findings]
    return findings[0]


def test_a_sound_project_gives_no_finding() -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("graph", "place", "message"),
    [
        pytest.param(a_graph([*NODES, "Package"]), "nodes[2]", "node 'Package' is there 2 times", id="twice"),
        pytest.param(a_graph(edges=[*EDGES, ["Package", "X"]]), "edges[2]", "'X', which is no node", id="no node"),
        pytest.param(a_graph(edges=[["Package", "Package"]]), "edges", "Package wait for each other", id="cycle"),
    ],
)
def test_a_broken_graph_is_named(graph: dict[str, Any], place: str, message: str) -> None:
    found = only(check(graph=graph))
    assert (found.severity, found.place) == (Severity.ERROR, f"dag.json: $.dag.{place}")
    assert message in found.message


def test_a_node_without_an_entry_is_an_error_that_names_the_danger() -> None:
    found = check(graph=a_graph([*NODES, "LightGBMTraining"]))
    assert only(found).place == "dag.json: $.dag.nodes[3]"
    assert "guess" in found[0].message
    assert "metadata.config_types['LightGBMTraining']" in (found[0].remedy or "")


def test_the_nearest_entry_is_a_hint() -> None:
    found = check(a_config(Package=None), a_graph([*NODES[:2], "TabularPreprocessing_testing"], []))
    assert "the nearest is 'TabularPreprocessing_training'" in only(found).message


@pytest.mark.parametrize(
    ("node", "key"),
    [
        ("Package", "Package"),
        ("package", "Package"),
        ("TabularPreprocessing", "TabularPreprocessing_training"),
        ("tabular_preprocessing", "TabularPreprocessing_training"),
        ("TabularPreprocessing_calibration", None),
        ("XGBoostTraining", None),
    ],
)
def test_only_rules_without_doubt_bind_a_node(node: str, key: str | None) -> None:
    assert bind(node, parse_config(a_config())).key == key


def test_a_bare_node_that_fits_two_entries_is_not_bound() -> None:
    second = {"TabularPreprocessing_testing": {"job_type": "testing"}}
    found = check(a_config(**second), a_graph([NODES[0], "TabularPreprocessing", "Package"], []))
    assert "fits each of TabularPreprocessing_training, TabularPreprocessing_testing" in found[0].message
    assert found[0].severity is Severity.ERROR


def test_entries_that_no_node_uses_are_told_once() -> None:
    found = only(check(a_config(Payload={}, Registration={}, Base={})))
    assert (found.severity, found.message) == (Severity.WARNING, "no node of dag.json uses Payload, Registration")


def test_a_job_type_other_than_the_nodes_suffix_is_found() -> None:
    found = only(check(a_config(TabularPreprocessing_training={"job_type": "testing"})))
    assert found.place == "config.json: $.configuration.specific['TabularPreprocessing_training'].job_type"


def test_nodes_that_become_the_same_step_are_found() -> None:
    two = {"TabularPreprocessing_other": {"job_type": "training"}}
    found = check(a_config(**two), a_graph([*NODES, "TabularPreprocessing_other"], []))
    assert any("all become step 'TabularPreprocessing-Training'" in finding.message for finding in found)


def test_classes_that_contradict_each_other_are_found() -> None:
    document = a_config()
    document["metadata"]["config_types"]["Package"] = "PayloadConfig"
    found = only([finding for finding in check(document) if finding.severity is Severity.ERROR])
    assert found.place == "config.json: $.metadata.config_types['Package']"


def test_a_name_that_is_no_class_is_found() -> None:
    document = a_config()
    document["configuration"]["specific"]["Package"]["__model_type__"] = "package step"
    document["metadata"]["config_types"]["Package"] = "package step"
    assert "'package step' is no name of a configuration class" in only(check(document)).message


def test_an_entry_that_cursus_does_not_load_is_found() -> None:
    document = a_config()
    document["configuration"]["specific"]["Payload"] = {}
    assert only(check(document)).place == "config.json: $.configuration.specific['Payload']"


def test_a_stale_folder_is_named_with_where_its_scripts_are() -> None:
    files = frozenset({"src/scripts/prepare.py", "src/scripts/package.py"})
    found = only(check(files=files))
    assert found.message == "the folder dockers/scripts of TabularPreprocessing_training, Package is not in the project"
    assert found.place.endswith("specific['TabularPreprocessing_training'].processing_source_dir")
    assert found.remedy == 'its scripts are elsewhere: set cursus.source_dirs: {"dockers": "src"}'


def test_a_shared_stale_folder_is_placed_where_it_stands() -> None:
    document = a_config(XGBoostTraining={"training_entry_point": "train.py"})
    document["configuration"]["shared"]["source_dir"] = "gone"
    found = only(check(document, a_graph([*NODES, "XGBoostTraining"], [])))
    assert found.place == "config.json: $.configuration.shared.source_dir"
    assert found.remedy == "set cursus.source_dirs of the scenario to where the folder is now"


def test_a_missing_script_is_named_with_where_it_is() -> None:
    files = FILES - {"dockers/scripts/package.py"} | {"dockers/package.py"}
    found = only(check(files=files))
    assert (found.id, found.message) == ("missing-script", "dockers/scripts has no package.py, which Package names")
    assert found.remedy == "it is in dockers/package.py"


@pytest.mark.parametrize("folder", ["/opt/x", "s3://bucket/x"])
def test_a_folder_outside_of_the_project_is_not_judged(folder: str) -> None:
    assert check(a_config(Package={"processing_source_dir": folder})) == []


def test_two_folders_with_the_same_scripts_give_no_advice() -> None:
    assert relocation("old", ["a.py"], frozenset({"x/a.py", "y/a.py"})) is None
    assert relocation("old/x", ["a.py"], frozenset({"a.py"})) == ("old/x", ".")


@given(st.lists(st.text(), min_size=1), st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_any_graph_gives_findings_with_places(nodes: list[str], edges: list[list[str]]) -> None:
    named = [node or "n" for node in nodes]
    assert all(": $." in finding.place for finding in check(graph=a_graph(named, edges)))


@pytest.mark.skipif(not REAL.is_dir(), reason="a copy of the public project is not here")
def test_the_real_projects_stale_folder_is_found_and_mapped() -> None:
    config = json.loads((REAL / "atoz_xgboost.config.json").read_text(encoding="utf-8"))
    graph = json.loads((REAL / "shared_dags" / "xgboost" / "complete_e2e.dag.json").read_text(encoding="utf-8"))
    names = "tabular_preprocessing xgboost_model_eval model_calibration package payload"
    files = frozenset({f"dockers/scripts/{name}.py" for name in names.split()} | {"dockers/xgboost_training.py"})
    found = check(config, graph, files)
    assert [finding.id for finding in found] == ["stale-source-dir"] * 2
    assert all('{"dockers/xgboost_atoz": "dockers"}' in str(finding.remedy) for finding in found)


def test_a_script_at_the_root_of_the_project_is_found() -> None:
    at_root = a_config(Package={"processing_source_dir": "./"})
    assert check(at_root, files=FILES | {"package.py"}) == []
    assert only(check(at_root)).id == "missing-script"
