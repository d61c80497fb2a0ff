"""What the step types share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.jobs.base import (
    ArgumentsError,
    int_of,
    local_path,
    member,
    resource_config,
    s3_uri,
    text_map,
    text_member,
)


def test_a_member_is_found_at_any_depth() -> None:
    assert member({"a": [{"b": 3}]}, "a", 0, "b") == 3


@pytest.mark.parametrize(
    ("path", "at"),
    [(("x",), ".x"), (("a", 1), ".a[1]"), (("a", 0, "c"), ".a[0].c"), (("a", "b"), ".a.b"), (("a", 0, "b", "c"), None)],
)
def test_a_missing_member_is_named_with_its_path(path: tuple[Any, ...], at: str | None) -> None:
    with pytest.raises(ArgumentsError, match="is missing") as caught:
        member({"a": [{"b": 3}]}, *path)
    assert at is None or caught.value.at == at


@pytest.mark.parametrize("value", ["", 3, None, [], {}])
def test_text_is_not_taken_from_anything_else(value: Any) -> None:
    with pytest.raises(ArgumentsError, match="text is expected") as caught:
        text_member({"a": value}, "a", at=".here")
    assert caught.value.at == ".here.a"


@pytest.mark.parametrize("uri", ["s3://b", "s3://b/", "s3://b/k", "s3://b/a/b.c/..d", "s3://b/ü e"])
def test_an_s3_uri_is_taken_as_it_is(uri: str) -> None:
    assert s3_uri(uri, ".x") == uri


@pytest.mark.parametrize(
    "uri",
    ["", "b/k", "s3:/b/k", "s3://", "s3:///k", "https://b/k", "s3://../k", "s3://b/../c", "s3://b/a/..", "s3://b/\0"],
)
def test_what_is_no_s3_uri_or_leaves_its_bucket_is_refused(uri: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        s3_uri(uri, ".x")
    assert caught.value.at == ".x"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/opt/ml/processing/input", "/opt/ml/processing/input"),
        ("/opt//ml/./x/", "/opt/ml/x"),
        ("/etcetera", "/etcetera"),
        ("/opt/etc", "/opt/etc"),
    ],
)
def test_a_path_of_the_container_is_normalised(path: str, expected: str) -> None:
    assert local_path(path, ".x") == expected


@pytest.mark.parametrize("path", ["", "/", "//", "opt/ml", "/opt/../etc", "/opt/\0", "/..", "/."])
def test_what_is_no_path_of_the_container_is_refused(path: str) -> None:
    with pytest.raises(ArgumentsError, match="not an absolute path"):
        local_path(path, ".x")


@pytest.mark.parametrize("path", ["/usr", "/etc/passwd", "//bin/x", "/./proc/self", "/dev/shm", "/lib64/x"])
def test_folders_of_programs_are_not_written_to(path: str) -> None:
    with pytest.raises(ArgumentsError, match="holds the container's programs"):
        local_path(path, ".x")


@given(st.text(alphabet="/.ab\0", max_size=12))
def test_no_path_leads_out_of_the_container(path: str) -> None:
    try:
        found = local_path(path, ".x")
    except ArgumentsError:
        return
    assert found.startswith("/")
    assert not {"", ".", ".."} & set(found.split("/")[1:])


def test_an_environment_is_all_text() -> None:
    assert text_map({"a": True, "b": 3, "c": "x", "d": 0.5}, ".x") == {"a": "true", "b": "3", "c": "x", "d": "0.5"}


def test_no_environment_is_an_empty_one() -> None:
    assert text_map(None, ".x") == {}


@pytest.mark.parametrize("value", [[], "a", 3])
def test_an_environment_must_be_an_object(value: Any) -> None:
    with pytest.raises(ArgumentsError, match="an object is expected"):
        text_map(value, ".x")


@pytest.mark.parametrize("value", [None, [1], {"b": 1}])
def test_an_environment_holds_no_structures(value: Any) -> None:
    with pytest.raises(ArgumentsError):
        text_map({"a": value}, ".x")


@pytest.mark.parametrize("value", [3, "3", " 3 "])
def test_a_whole_number_may_be_text(value: Any) -> None:
    assert int_of(value, ".x") == 3


@pytest.mark.parametrize("value", [None, "three", "3.5", [], {}, float("inf"), float("nan")])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentsError, match="a whole number is expected"):
        int_of(value, ".x")


def test_a_job_runs_on_one_host() -> None:
    config = resource_config("ml.m5.large")
    assert config["hosts"] == [config["current_host"]] == ["algo-1"]
    assert config["current_instance_type"] == "ml.m5.large"
