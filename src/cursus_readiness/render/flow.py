"""The data flow of a scenario as a table and as a drawing: places of boxes and lines, words beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cursus_readiness.model.lineage import Comparison, DataFlow, FlowEdge, FlowNode, NodeKind
from cursus_readiness.render.anchors import anchor
from cursus_readiness.units import format_bytes, format_count

MOST_BOXES = 24
"""Of a drawing; above it there is the table alone."""
WIDTH, HEIGHT = 184, 46
_ACROSS, _DOWN, _EDGE = 236, 62, 8
_LETTERS = 22
COMPARISONS = {
    Comparison.UNCHANGED: ("pass", "as last time"),
    Comparison.CHANGED: ("warn", "changed"),
    Comparison.NEW: ("not-applicable", "new"),
    Comparison.NOT_COMPARED: ("not-applicable", "not compared"),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A step, or data that come from outside, at its place; ``anchor`` is where it leads, if anywhere."""

    x: int
    y: int
    name: str
    detail: str
    is_source: bool
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """Data on their way: the path of the line, and what is said of it."""

    path: str
    told: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes from left to right in the order in which data go through them."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]


def drawing(flow: DataFlow, scenario: str) -> Drawing | None:
    """The drawing of a flow; ``None`` when there is nothing to draw, or too much to be read."""
    used = {name for edge in flow.edges for name in (edge.producer, edge.consumer)}
    nodes = {node.name: node for node in flow.nodes if node.name in used}
    if not nodes or len(nodes) > MOST_BOXES:
        return None
    places = _places(nodes, flow.edges)
    boxes = {
        name: Box(
            _EDGE + column * _ACROSS,
            _EDGE + row * _DOWN,
            _shortened(name),
            _detail(nodes[name]),
            nodes[name].kind is NodeKind.SOURCE,
            anchor(scenario, name) if nodes[name].kind is NodeKind.STEP else None,
        )
        for name, (column, row) in places.items()
    }
    lines = [
        Line(_path(boxes[edge.producer], boxes[edge.consumer]), told(edge), edge.comparison is Comparison.CHANGED)
        for edge in flow.edges
        if edge.producer in boxes and edge.consumer in boxes
    ]
    return Drawing(
        width=max(box.x for box in boxes.values()) + WIDTH + _EDGE,
        height=max(box.y for box in boxes.values()) + HEIGHT + _EDGE,
        box_width=WIDTH,
        box_height=HEIGHT,
        boxes=list(boxes.values()),
        lines=lines,
    )


def told(edge: FlowEdge) -> str:
    """An edge in a line of words."""
    size = "" if edge.size_bytes is None else f", {format_bytes(edge.size_bytes)}"
    rows = "" if edge.row_count is None else f", {format_count(edge.row_count)} rows"
    columns = "" if edge.column_count is None else f", {edge.column_count} columns"
    return f"{edge.producer} to {edge.consumer} ({edge.input}){rows}{columns}{size}"


def _places(nodes: Mapping[str, FlowNode], edges: Sequence[FlowEdge]) -> dict[str, tuple[int, int]]:
    """Column and row of each box: to the right of all that its data come from."""
    before: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.producer in nodes and edge.consumer in nodes and edge.producer != edge.consumer:
            before[edge.consumer].add(edge.producer)
    columns: dict[str, int] = {}
    for _ in nodes:  # as often as the longest chain can be long; a ring would never end otherwise
        for name in nodes:
            columns[name] = max((columns.get(other, 0) + 1 for other in before[name]), default=0)
            columns[name] = min(columns[name], len(nodes) - 1)
    rows: dict[int, int] = defaultdict(int)
    places = {}
    for name in nodes:
        column = columns[name]
        places[name] = (column, rows[column])
        rows[column] += 1
    return places


def _path(producer: Box, consumer: Box) -> str:
    x, y = producer.x + WIDTH, producer.y + HEIGHT // 2
    to_x, to_y = consumer.x, consumer.y + HEIGHT // 2
    bend = max((to_x - x) // 2, 30)
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"


def _detail(node: FlowNode) -> str:
    if node.kind is NodeKind.SOURCE:
        return _shortened(node.detail)
    told = [] if node.rows_read is None else [f"{format_count(node.rows_read)} rows in"]
    return ", ".join([*told, *([] if node.rows_written is None else [f"{format_count(node.rows_written)} out"])])


def _shortened(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS // 2]}\u2026{text[1 - _LETTERS // 2 :]}"
