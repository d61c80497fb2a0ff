"""Which source serves what."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import a_plan, a_scenario, a_served
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.registry import check_sources, materialise, source_of


@pytest.mark.parametrize(
    ("source", "scheme"),
    [("local:x", "local"), ("synthetic:", "synthetic"), ("local:", "local"), ("s3://b/x", "s3"), ("s3:", "s3")],
)
def test_the_scheme_names_the_source(source: str, scheme: str) -> None:
    assert source_of(a_served("s3://b/in", source)).scheme == scheme


@pytest.mark.parametrize("source", ["local", "S3://b/x", "ftp:x", "", ":x", "LOCAL:x"])
def test_an_unknown_source_is_refused_with_the_known_ones(source: str) -> None:
    with pytest.raises(SourceError, match=r"use local:\.\.\., s3:\.\.\., synthetic:\.\.\."):
        source_of(a_served("s3://b/in", source))


def test_every_source_that_cannot_serve_is_told_with_its_field(tmp_path: Path) -> None:
    served = [
        a_served("s3://b/1", "nope:x"),
        a_served("s3://b/2", "local:missing"),
        a_served("s3://b/3", "synthetic:missing.yaml"),
        a_served("s3://b/4", "synthetic:"),
    ]
    found = check_sources(a_plan(scenario=a_scenario(tmp_path), served=served))
    assert [finding.place for finding in found] == ["inputs.s3://b/1", "inputs.s3://b/2", "inputs.s3://b/3"]
    assert {finding.severity.value for finding in found} == {"error"}


def test_checking_writes_nothing(tmp_path: Path) -> None:
    check_sources(a_plan(scenario=a_scenario(tmp_path), served=[a_served("s3://b/4", "synthetic:")]))
    assert list(tmp_path.iterdir()) == []


def test_every_input_of_a_plan_is_served(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n", encoding="utf-8")
    served = [a_served("s3://b/in", "synthetic:", rows=5), a_served("s3://b/x.csv", "local:x.csv")]
    store = ObjectStore(tmp_path / "store")
    datasets = materialise(a_plan(scenario=a_scenario(tmp_path), served=served), store)
    assert {item.uri: item.row_count for item in datasets} == {"s3://b/in": 5, "s3://b/x.csv": 0}
    assert store.path_of("s3://b/in/part-00000.csv").is_file()
    assert store.path_of("s3://b/x.csv").is_file()
