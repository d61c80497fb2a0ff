"""The drawing of a data flow: every box to the right of what it reads, nothing where there is nothing to draw."""

from __future__ import annotations

from cursus_readiness.model.lineage import DataFlow, FlowEdge, FlowNode, NodeKind
from cursus_readiness.render.flow import MOST_BOXES, WIDTH, drawing, told
from report_pages import a_flow


def a_step_node(name: str) -> FlowNode:
    return FlowNode(name=name, kind=NodeKind.STEP)


def an_edge(producer: str, consumer: str) -> FlowEdge:
    return FlowEdge(producer=producer, consumer=consumer, input="in", uri="s3://bucket/x")


def test_boxes_stand_to_the_right_of_what_they_read() -> None:
    nodes = tuple(map(a_step_node, ("d", "a", "b", "c", "unused")))
    edges = (an_edge("a", "b"), an_edge("b", "c"), an_edge("a", "c"), an_edge("c", "d"))
    made = drawing(DataFlow(nodes=nodes, edges=edges), "churn")
    assert made is not None
    places = {box.name: (box.x, box.y) for box in made.boxes}
    assert set(places) == {"a", "b", "c", "d"}
    assert places["a"][0] < places["b"][0] < places["c"][0] < places["d"][0]
    assert len(set(places.values())) == 4
    assert len(made.lines) == 4
    assert made.width > places["d"][0] + WIDTH


def test_a_ring_is_drawn_and_ends() -> None:
    nodes = tuple(map(a_step_node, ("a", "b")))
    made = drawing(DataFlow(nodes=nodes, edges=(an_edge("a", "b"), an_edge("b", "a"), an_edge("a", "a"))), "churn")
    assert made is not None
    assert len(made.boxes) == 2


def test_a_step_leads_to_its_page_and_a_source_nowhere() -> None:
    made = drawing(a_flow("Prep"), "churn")
    assert made is not None
    assert [(box.is_source, box.anchor) for box in made.boxes] == [(True, None), (False, "churn/Prep")]
    assert [line.is_changed for line in made.lines] == [True]


def test_nothing_and_too_much_are_not_drawn() -> None:
    assert drawing(DataFlow(), "churn") is None
    assert drawing(a_flow(*(f"S{number}" for number in range(MOST_BOXES + 1))), "churn") is None


def test_what_is_not_known_of_data_is_not_told() -> None:
    assert told(an_edge("a", "b")) == "a to b (in)"
    assert told(a_flow("Prep").edges[0]) == "s3://bucket/raw to Prep (in), 90 rows, 7 columns, 2 KiB"
