"""The templates: nothing foreign in them is markup, nothing that is missing is shown as a value."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cursus_readiness.render.anchors import anchor, part_anchor
from cursus_readiness.render.flow import COMPARISONS, drawing
from cursus_readiness.render.looks import OUTCOMES, RULES, SEVERITIES, STATUSES
from cursus_readiness.render.text import measured, visible
from cursus_readiness.render.views import listed
from cursus_readiness.resources import templates_dir
from cursus_readiness.units import format_bytes, format_count, format_ratio, format_seconds

UNMEASURED = "not measured"


@cache
def templates() -> Environment:
    """The packaged templates with their filters."""
    made = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "bytes": _when_measured(format_bytes),
        "seconds": _when_measured(format_seconds),
        "ratio": _when_measured(format_ratio),
        "count": _when_measured(format_count),
        "utc": _utc,
        "words": lambda value: str(value).replace("_", " "),
        "outcome": OUTCOMES.__getitem__,
        "status": STATUSES.__getitem__,
        "severity": SEVERITIES.__getitem__,
        "rule": RULES.__getitem__,
        "listed": listed,
        "drawing": drawing,
        "flow_comparison": COMPARISONS.__getitem__,
    }
    made.globals |= {"anchor": anchor, "part_anchor": part_anchor}
    return made


def _shown(value: Any) -> Any:
    """What an expression of a template becomes: no ``None``, no NaN, no hidden characters."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNMEASURED
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _when_measured(form: Callable[[float | None], str]) -> Callable[[float | None], str]:
    return lambda value: form(measured(value))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
