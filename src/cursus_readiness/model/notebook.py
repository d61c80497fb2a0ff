"""Small HTML tables for notebooks: escaped, without scripts and styles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_ROW_LIMIT = 50


def html_table(caption: str, header: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    """A table of plain texts, cut with a count after 50 rows."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[:_ROW_LIMIT])
    left = len(rows) - _ROW_LIMIT
    foot = f'<tr><td colspan="{len(header)}">{left:,} more</td></tr>' if left > 0 else ""
    shown = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"<table>{shown}<tbody>{body}{foot}</tbody></table>"
