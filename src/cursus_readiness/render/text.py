"""Foreign text on the page: names and logs that may hold anything become harmless and stay readable."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_TEXT_LIMIT = 300
_EXCEPTION = re.compile(r"^\s*(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt)\b(?::|\s*$)")
_ERROR = re.compile(
    r"\b(?:error|exception|fatal|critical|panic|traceback|killed|segmentation fault|out of memory"
    r"|no such file|permission denied|command not found)\b",
    re.IGNORECASE,
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def visible(text: str) -> str:
    """Text in which characters that hide or reorder others are named instead, line ends and tabs kept.

    ``U+202E`` in a step's name would let a reader see another name than the one that ran.
    """
    return _UNSEEN.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else f"\u27e8U+{code:04X}\u27e9"


def log_text(text: str) -> tuple[str, tuple[int, int] | None]:
    """A log as a terminal would leave it, and where the first line that looks like an error begins and ends in it.

    There are no escape sequences, and of a progress bar the last state only.
    """
    plain = _ANSI.sub("", text).replace("\r\n", "\n")
    lines = [visible(line.rstrip("\r").rpartition("\r")[2]) for line in plain.rstrip("\n").split("\n")]
    first = _first(_EXCEPTION, lines)
    if first is None:
        first = _first(_ERROR, lines)
    if first is None:
        return "\n".join(lines), None
    start = sum(len(line) + 1 for line in lines[:first])
    return "\n".join(lines), (start, start + len(lines[first]))


def _first(pattern: re.Pattern[str], lines: list[str]) -> int | None:
    return next((number for number, line in enumerate(lines) if pattern.search(line)), None)


def script_json(value: Any) -> str:
    """JSON that may stand in a script element: ASCII without ``<``, ``>`` and ``&``; the same bytes for the same value.

    Raises ValueError for NaN and infinity: what was not measured is ``None``.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def xml_text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def measured(value: float | None) -> float | None:
    """A number, or ``None`` for what was not measured: ``None`` and NaN."""
    return None if value is None or math.isnan(value) else value


def markdown_text(text: str, limit: int = _TEXT_LIMIT) -> str:
    """Text that Markdown shows as it is, on one line, cut where it is longer than ``limit`` characters."""
    line = visible(" ".join(text[: 4 * limit].split()))
    cut = f"{line[:limit]}\u2026" if len(line) > limit else line
    return _MARKDOWN.sub(r"\\\1", cut)
