"""What an environment must have."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.environments.base import EnvironmentRequest
from cursus_readiness.environments.requirements import read_requirements, requirement_names, requirements_of
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.scenario import EnvironmentSpec
from cursus_readiness.objectstore.archives import pack

SKLEARN = "registry/sagemaker-scikit-learn:1.2-1-cpu-py3"


def asked(spec: EnvironmentSpec, **more: object) -> EnvironmentRequest:
    return EnvironmentRequest("Step", spec, **more)  # type: ignore[arg-type]


def uv(**more: object) -> EnvironmentSpec:
    return EnvironmentSpec.model_validate({"kind": "uv", **more})


def test_what_the_scenario_says_replaces_what_the_image_has() -> None:
    found = requirements_of(asked(uv(requirements=["six"]), image_uri=SKLEARN, framework_requirements=("pandas",)))
    assert (found.asked, found.pins) == (("six",), ())


def test_a_requirements_file_is_read_with_those_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "bounds.txt").write_text("numpy<2\n", encoding="utf-8")
    (tmp_path / "more.txt").write_text("-r top.txt\nscipy  # why\n", encoding="utf-8")
    (tmp_path / "top.txt").write_text(
        "# head\nsix==1.17.0 \\\n  --hash=sha256:0\n\n-r more.txt\n-c bounds.txt\n", encoding="utf-8"
    )
    found = requirements_of(asked(uv(requirements=str(tmp_path / "top.txt"))))
    assert found.asked == ("six==1.17.0    --hash=sha256:0", "scipy")
    assert found.constraints == ("numpy<2",)


def test_a_requirements_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match=r"requirements file .*none\.txt: No such file"):
        requirements_of(asked(uv(requirements=str(tmp_path / "none.txt"))))


def test_an_image_gives_its_versions_but_those_that_the_code_rules_out(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/requirements.txt").write_text(
        "pandas>=1.3\nscipy>=1.5\nnumpy<1; python_version < '3'\n--no-cache\n", encoding="utf-8"
    )
    pack(tmp_path / "src", tmp_path / "sourcedir.tar.gz")
    request = asked(
        uv(), image_uri=SKLEARN, code=(tmp_path / "sourcedir.tar.gz",), framework_requirements=("scikit-learn<1",)
    )
    found = requirements_of(request)
    pins = dict(found.pins)
    code = ("pandas>=1.3", "scipy>=1.5", "numpy<1; python_version < '3'", "--no-cache")
    assert found.asked == ("scikit-learn<1", *code, "requests")  # the image has requests, of no known version
    assert "pandas" not in pins
    assert "scikit-learn" not in pins
    assert (pins["scipy"], pins["numpy"]) == ("1.8.0", "1.24.1")


def test_extra_requirements_are_beside_what_the_image_has() -> None:
    found = requirements_of(asked(uv(extra_requirements=["scipy==1.9.0", "six"]), image_uri=SKLEARN))
    assert found.asked == ("scipy==1.9.0", "six", "requests")
    assert "scipy" not in dict(found.pins)
    assert dict(found.pins)["numpy"] == "1.24.1"


def test_an_unknown_image_gives_nothing() -> None:
    found = requirements_of(asked(uv(), image_uri="registry/own:1"))
    assert (found.asked, found.pins, found.constraints) == ((), (), ())


@given(st.text())
def test_any_text_can_be_read_as_requirements(text: str) -> None:
    read_requirements("requirements.txt", lambda _name: text)
    requirement_names(text.encode("utf-8", "replace"))
