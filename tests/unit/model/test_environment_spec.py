"""The Python that a scenario asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

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
