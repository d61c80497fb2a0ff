"""Cursus's graph of nodes, as its JSON files hold it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CATALOG = "catalog:"


class InvalidDagError(ValueError):
    """The text is no graph; ``at`` is the JSON path of what is wrong."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(f"{at}: {message}")
        self.at = at
        self.message = message


@dataclass(frozen=True, slots=True)
class CursusDag:
    """Nodes and edges (from, to) in the order of the file, mistakes and all."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]

    def cycle(self) -> tuple[str, ...]:
        """The nodes that no order can be found for; empty when there is an order."""
        left = dict.fromkeys(self.nodes)
        while True:
            held = {target for source, target in self.edges if source in left and target in left}
            free = [node for node in left if node not in held]
            if not free:
                return tuple(left)
            for node in free:
                del left[node]


def parse_dag(text: str) -> CursusDag:
    """The graph of a file.

    Raises InvalidDagError for what is not of the form ``{"dag": {"nodes": [...], "edges": [[from, to], ...]}}``.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDagError("$", f"not JSON: {error}") from error
    graph = document.get("dag") if isinstance(document, dict) else None
    if not isinstance(graph, dict):
        raise InvalidDagError("$.dag", "a mapping with nodes and edges is expected")
    nodes, edges = graph.get("nodes"), graph.get("edges", [])
    if not isinstance(nodes, list) or not nodes:
        raise InvalidDagError("$.dag.nodes", "a list of names is expected")
    if not isinstance(edges, list):
        raise InvalidDagError("$.dag.edges", "a list of [from, to] is expected")
    for index, node in enumerate(nodes):
        if not isinstance(node, str) or not node:
            raise InvalidDagError(f"$.dag.nodes[{index}]", "a name is expected")
    return CursusDag(tuple(nodes), tuple(_edge(index, edge) for index, edge in enumerate(edges)))


def _edge(index: int, edge: Any) -> tuple[str, str]:
    if isinstance(edge, list) and len(edge) == 2 and all(isinstance(end, str) for end in edge):
        return edge[0], edge[1]
    raise InvalidDagError(f"$.dag.edges[{index}]", "[from, to] is expected")
