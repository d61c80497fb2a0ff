"""The Python that a scenario asks for."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cursus_readiness.model.binding import Fixture
from cursus_readiness.model.scenario import E2ETestScenario, EnvironmentKind, EnvironmentSpec


def scenario(folder: Path, **fields: Any) -> E2ETestScenario:
    given = {"scenario_name": "s", "pipeline_config_path": "p", "expected_steps": [], "source_file": folder / "s.yaml"}
    return E2ETestScenario.model_validate({**given, **fields})


def test_a_plain_text_is_the_kind(tmp_path: Path) -> None:
    made = scenario(tmp_path, environment="uv", steps={"Train": {"environment": "host"}})
    assert made.python_of("Any").kind is EnvironmentKind.UV
    assert made.python_of("Train").kind is EnvironmentKind.HOST


def test_paths_are_those_beside_the_scenario_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr/bin")
    spec = {"kind": "uv", "python": "./link/python3", "requirements": "x/../r.txt"}
    found = scenario(tmp_path, environment=spec).python_of("Any")
    assert (found.python, found.requirements) == (f"{tmp_path}/link/python3", str((tmp_path / "r.txt").resolve()))


def test_the_scenarios_python_is_that_of_its_hosts_alone(tmp_path: Path) -> None:
    made = scenario(tmp_path, python="3.11", steps={"Train": {"environment": "uv"}})
    assert made.python_of("Any").python == "3.11"
    assert made.python_of("Train").python is None


def test_a_version_that_yaml_has_read_as_a_number_is_told() -> None:
    with pytest.raises(ValidationError, match=r'in quotes, "3.10": YAML reads it as 3.1'):
        EnvironmentSpec.model_validate({"kind": "uv", "python": 3.1})


@pytest.mark.parametrize("kind", ["host", "container"])
def test_only_uv_installs(kind: str) -> None:
    with pytest.raises(ValidationError, match="installs nothing"):
        EnvironmentSpec.model_validate({"kind": kind, "requirements": ["six"]})


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="'host', 'uv' or 'container'"):
        EnvironmentSpec.model_validate("conda")


def test_requirements_are_all_or_beside_those_of_the_image() -> None:
    assert EnvironmentSpec.model_validate({"kind": "uv", "extra_requirements": ["six"]}).extra_requirements == ("six",)
    with pytest.raises(ValidationError, match="put 'extra_requirements' among them"):
        EnvironmentSpec.model_validate({"kind": "uv", "requirements": ["a"], "extra_requirements": ["six"]})
    with pytest.raises(ValidationError, match="installs nothing"):
        EnvironmentSpec.model_validate({"kind": "host", "extra_requirements": ["six"]})


def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    for field in ("pipeline_config_path", "dag_path"):
        with pytest.raises(ValidationError, match=field):
            scenario(tmp_path, **{field: "a\0b"})


def test_instants_of_a_fixture_are_text_as_in_json() -> None:
    properties = {
        "When": datetime.date(2026, 3, 14),
        "In": [{"A": datetime.datetime(2026, 3, 14, 9, tzinfo=datetime.UTC)}],
        "N": 1,
    }
    found = Fixture.model_validate({"properties": properties}).properties
    assert found == {"When": "2026-03-14", "In": [{"A": "2026-03-14T09:00:00+00:00"}], "N": 1}
