"""What the page carries with it: style, script, the chart library, and the policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from cursus_readiness.errors import CannotRunError
from cursus_readiness.render.packing import packed
from cursus_readiness.resources import templates_dir

_CONTROL = {"\x01": "\\x01", "\x1a": "\\x1a"}  # legal in JavaScript, not in a document
_STYLE_ID = re.compile(r'getElementById\("([0-9a-f]{64})"\)')
_SCRIPTS = ("base", "query", "table", "charts", "pages", "main")  # each uses what stands before it


@dataclass(frozen=True, slots=True)
class PageAssets:
    """Everything that is inlined.

    ``library`` is plotly.js, packed, ``policy`` the page's CSP. ``library_style_ids`` are the style elements
    (for maps, which no chart here has) that plotly.js adds unless elements of these ids are there.
    """

    style: str
    script: str
    library: str
    library_style_ids: tuple[str, ...]
    policy: str


@cache
def page_assets() -> PageAssets:
    """The packaged assets. Raises CannotRunError when plotly or the templates are not installed."""
    folder = templates_dir() / "assets"
    style = (folder / "report.css").read_text(encoding="utf-8")
    script = _script([(folder / "report" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS])
    library = _plotly()
    return PageAssets(
        style=style,
        script=script,
        library=packed(library.encode(), level=6),
        library_style_ids=tuple(dict.fromkeys(_STYLE_ID.findall(library))),
        policy=policy(scripts=(script, library), styles=(style, "")),
    )


def policy(*, scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Nothing from anywhere but the named texts.

    The empty style is the element that plotly.js adds and fills through the object model. Images: the bitmap of a chart
    that somebody saves is drawn from a ``blob:``.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src " + " ".join(map(_hash, scripts)),
            "style-src " + " ".join(map(_hash, styles)),
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _plotly() -> str:
    """plotly.js of the installed package, found without importing it."""
    spec = find_spec("plotly")
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise CannotRunError("plotly.js is not installed", fix="pip install --force-reinstall plotly")
    text = path.read_text(encoding="utf-8")
    for character, escaped in _CONTROL.items():  # str.translate takes 30 times as long
        text = text.replace(character, escaped)
    return text


def _script(texts: list[str]) -> str:
    """The parts of the page's own script as one, which leaves nothing behind that another script could see."""
    return '(() => {\n"use strict";\n\n' + "\n".join(texts) + "})();\n"
