"""Reading a saved Cursus configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_projects import a_config
from cursus_readiness.cursus.config import InvalidConfigError, is_cursus_config, parse_config, plain, with_source_dirs

REAL = Path(__file__).parents[4] / "shared" / "cursus-data"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_an_entrys_own_field_wins_over_the_shared_one() -> None:
    config = parse_config(a_config(Package={"source_dir": "elsewhere"}))
    assert config.merged("Package")["source_dir"] == "elsewhere"
    assert config.merged("TabularPreprocessing_training")["source_dir"] == "dockers"
    assert "__model_type__" not in config.merged("Package")


def test_wrapped_values_are_unwrapped() -> None:
    wrapped = {"__type_info__": "dict", "value": {"a": {"__type_info__": "tuple", "value": [1, 2]}}}
    assert plain({"x": wrapped, "y": [wrapped]}) == {"x": {"a": [1, 2]}, "y": [{"a": [1, 2]}]}


def test_a_script_is_the_step_kinds_folder_and_entry_point() -> None:
    training = {"training_entry_point": "train.py"}
    config = parse_config(a_config(XGBoostTraining=training, TabularPreprocessing_training={}))
    assert config.script("XGBoostTraining") == ("dockers", "train.py")
    assert config.script("Package") == ("dockers/scripts", "package.py")
    assert config.script("CradleDataLoading_training") is None


@pytest.mark.parametrize(("stored", "region"), [("NA", "us-east-1"), ("EU", "eu-west-1"), ("?", "us-east-1")])
def test_the_region_is_that_of_the_marketplace(stored: str, region: str) -> None:
    document = a_config()
    document["configuration"]["shared"]["region"] = stored
    assert parse_config(document).region == region


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"configuration": {"shared": {}, "specific": {"A": 1}}}, id="an entry that is no mapping"),
        pytest.param({"metadata": {"config_types": {"A": 1}}}, id="a class that is no name"),
        pytest.param({"dag_path": 1}, id="a graph that is no path"),
        pytest.param({"metadata": {}}, id="no classes at all"),
    ],
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigError):
        parse_config({**a_config(), **change})


@given(JSON)
def test_nothing_else_is_taken_for_a_configuration(document: Any) -> None:
    assert not is_cursus_config(document)


def test_stale_folders_lead_to_where_they_are_now() -> None:
    text = json.dumps({"a": "old/x", "b": ["old", "older", "s3://old/x"], "c": {"d": "old/deep/y"}, "e": 1})
    moved = json.loads(with_source_dirs(text, {"old": "new", "old/deep": "."}))
    assert moved == {"a": "new/x", "b": ["new", "older", "s3://old/x"], "c": {"d": "y"}, "e": 1}


def test_without_stale_folders_the_text_stays() -> None:
    assert with_source_dirs("not even JSON", {}) == "not even JSON"


@given(JSON)
def test_folders_that_nothing_names_change_nothing(document: Any) -> None:
    text = json.dumps({"value": document})
    assert json.loads(with_source_dirs(text, {"no/such/folder": "x"})) == json.loads(text)


@pytest.mark.skipif(not REAL.is_dir(), reason="a copy of the public project's configuration is not here")
def test_a_real_configuration_is_read() -> None:
    config = parse_config(json.loads((REAL / "atoz_xgboost.config.json").read_text(encoding="utf-8")))
    assert len(config.config_types) == 10
    assert config.script("XGBoostTraining") == ("dockers/xgboost_atoz", "xgboost_training.py")
    assert config.text("CradleDataLoading_training", "job_type") == "training"
