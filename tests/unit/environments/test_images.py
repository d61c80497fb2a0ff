"""What is known of the public images."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from cursus_readiness.environments.images import known_image, parse_image_uri
from cursus_readiness.resources import PACKAGE_DIR

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (f"{REGISTRY}/sagemaker-xgboost:1.7-1", ("sagemaker-xgboost", "1.7-1")),
        ("localhost:5000/team/own", ("own", "")),
        ("own@sha256:abc", ("own", "")),
        ("own:1@sha256:abc", ("own", "1")),
        ("", ("", "")),
    ],
)
def test_an_image_uri_has_a_repository_and_a_tag(uri: str, expected: tuple[str, str]) -> None:
    assert parse_image_uri(uri) == expected


@given(st.text())
def test_any_text_is_an_image_of_which_nothing_need_be_known(text: str) -> None:
    repository, tag = parse_image_uri(text)
    assert "/" not in repository + tag
    known_image(text)


@pytest.mark.parametrize(
    ("image", "python", "name", "version"),
    [
        ("sagemaker-scikit-learn:1.2-1-cpu-py3", "3.9", "scikit-learn", "1.2.1"),
        ("sagemaker-scikit-learn:1.2-1-1", "3.10", "pandas", "1.5.3"),
        ("sagemaker-scikit-learn:0.20.0-cpu-py3", "3.7", "scikit-learn", "0.20.0"),
        ("sagemaker-scikit-learn:1.4-2-py312-cpu-py3", "3.12", "numpy", "2.1.0"),
        ("sagemaker-xgboost:1.7-1", "3.9", "xgboost", "1.7.4"),
        ("sagemaker-xgboost:1.7-1-1", "3.10", "scikit-learn", "1.0.2"),
        ("pytorch-training:2.1.0-cpu-py310", "3.10", "torch", "2.1.0"),
        ("tensorflow-inference:2.13.0-gpu", None, "tensorflow", "2.13.0"),
        ("huggingface-pytorch-training:1.13.1-transformers4.26.0-gpu-py39-cu117", "3.9", "transformers", "4.26.0"),
    ],
)  # fmt: skip
def test_a_public_image_is_known_by_its_tag(image: str, python: str | None, name: str, version: str) -> None:
    found = known_image(f"{REGISTRY}/{image}")
    assert found is not None
    assert (found.python, found.packages[name]) == (python, version)


@pytest.mark.parametrize("image", ["sagemaker-xgboost:9.9-9", "sagemaker-xgboost", "pytorch-training:latest", "own:1"])
def test_nothing_is_made_up_of_other_images(image: str) -> None:
    assert known_image(f"{REGISTRY}/{image}") is None


def test_nothing_is_known_of_no_image() -> None:
    assert known_image(None) is None


def test_the_table_holds_versions_and_its_source() -> None:
    table = json.loads((PACKAGE_DIR / "data" / "images.json").read_text(encoding="utf-8"))
    for repository in table.values():
        assert repository["source"].startswith("https://github.com/aws/")
        for release in repository["releases"].values():
            assert [str(Version(version)) for version in release["packages"].values()]
            assert all(Requirement(text).specifier for text in release.get("constraints", []))
            assert len(release["commit"]) == 7
