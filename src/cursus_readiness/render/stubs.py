"""What stands in the place of a file that could not be made: that it is missing, and why."""

from __future__ import annotations

import html
import json
from xml.sax.saxutils import quoteattr

from cursus_readiness.render.badge import flat_badge
from cursus_readiness.render.text import xml_text
from cursus_readiness.units import one_line


def stub(name: str, why: str) -> str:
    """The text of the file ``name`` when it is missing: readable for people, and no success for programs."""
    said = one_line(f"{name} could not be written: {why}")
    suffix = name.rpartition(".")[2]
    if suffix == "json":
        return json.dumps({"error": said}) + "\n"
    if suffix == "html":
        return f'<!doctype html>\n<meta charset="utf-8">\n<title>Missing</title>\n<p>{html.escape(said)}</p>\n'
    if suffix == "svg":
        return flat_badge("readiness", "missing", "#9f9f9f")
    if suffix == "xml":
        error = f'<testcase classname="report" name="{name}"><error message={quoteattr(xml_text(said))}/></testcase>'
        suite = f'<testsuite name="report" tests="1" failures="0" errors="1">{error}</testsuite>'
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="cursus-readiness">{suite}</testsuites>\n'
    return f"# MISSING\n\n{html.escape(said)}\n"
