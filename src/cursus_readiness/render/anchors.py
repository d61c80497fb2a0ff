"""Addresses on the page: ``#scenario/step``, the same with JavaScript and without."""

from __future__ import annotations

from urllib.parse import quote

from cursus_readiness.render.text import visible

_PLAIN = "!'()*-._~"  # what encodeURIComponent leaves as it is


def anchor(scenario: str, step: str = "") -> str:
    """The id of a scenario or of one of its steps; the slash keeps it apart from the sections of the page."""
    return f"{quote(visible(scenario), safe=_PLAIN)}/{quote(visible(step), safe=_PLAIN)}"


def part_anchor(scenario: str, part: str) -> str:
    """The id of a part of a scenario: of its table of gates, say."""
    return f"{anchor(scenario)}~{part}"
