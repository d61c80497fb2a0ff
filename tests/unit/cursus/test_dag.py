"""Reading a Cursus graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.cursus.dag import CursusDag, InvalidDagError, parse_dag

REAL = Path(__file__).parents[4] / "shared" / "cursus-data" / "shared_dags"


@pytest.mark.parametrize(
    ("document", "at"),
    [
        pytest.param([], "$.dag", id="a list"),
        pytest.param({"dag": {"nodes": []}}, "$.dag.nodes", id="no node"),
        pytest.param({"dag": {"nodes": ["a", 1]}}, "$.dag.nodes[1]", id="a node that is no name"),
        pytest.param({"dag": {"nodes": ["a"], "edges": {}}}, "$.dag.edges", id="edges that are no list"),
        pytest.param({"dag": {"nodes": ["a"], "edges": [["a"]]}}, "$.dag.edges[0]", id="an edge with one end"),
    ],
)
def test_what_is_no_graph_is_named_with_its_place(document: Any, at: str) -> None:
    with pytest.raises(InvalidDagError) as raised:
        parse_dag(json.dumps(document))
    assert raised.value.at == at


def test_text_that_is_no_json_is_named() -> None:
    with pytest.raises(InvalidDagError, match="not JSON"):
        parse_dag("{")


@given(st.permutations(range(6)), st.data())
def test_edges_that_lead_forward_make_no_cycle_and_one_back_does(order: list[int], data: st.DataObject) -> None:
    names = [f"n{index}" for index in order]
    ends = st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])
    pairs = data.draw(st.lists(ends, min_size=1))
    edges = tuple((names[one], names[other]) for one, other in pairs)
    assert CursusDag(tuple(sorted(names)), edges).cycle() == ()
    one, other = pairs[0]
    assert set(CursusDag(tuple(names), (*edges, (names[other], names[one]))).cycle()) >= {names[one], names[other]}


@pytest.mark.skipif(not REAL.is_dir(), reason="a copy of the public catalogue is not here")
def test_every_graph_of_the_real_catalogue_is_read_and_has_an_order() -> None:
    files = sorted(REAL.rglob("*.dag.json"))
    assert len(files) >= 40
    assert all(parse_dag(file.read_text(encoding="utf-8")).cycle() == () for file in files)
