"""``badge.svg``: the verdict as a small picture, for a page that shows it in passing."""

from __future__ import annotations

from html import escape

from cursus_readiness.model.report import ReadinessReport, Verdict

_COLOURS = {  # dark enough for white letters
    Verdict.READY: "#2b7a2f",
    Verdict.READY_WITH_WAIVERS: "#806600",
    Verdict.NOT_READY: "#b3261e",
    Verdict.INCONCLUSIVE: "#5f5f5f",
}
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|! "), frozenset("mwMW@%")
_PADDING = 6


def render_badge(report: ReadinessReport) -> str:
    """The badge of a report."""
    return flat_badge("readiness", report.verdict.value.replace("_", " ").lower(), _COLOURS[report.verdict])


def flat_badge(label: str, word: str, colour: str) -> str:
    """Two fields with white letters on grey and on ``colour``; the title says both words to who cannot see them."""
    left, right = (_width(text) + 2 * _PADDING for text in (label, word))
    title = escape(f"{label}: {word}")
    texts = "".join(
        f'<text x="{at:g}" y="14" textLength="{width - 2 * _PADDING}">{escape(text)}</text>'
        for at, width, text in ((left / 2, left, label), (left + right / 2, right, word))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left + right}" height="20" rx="3" fill="{colour}"/>'
        f'<path d="M3 0H{left}V20H3A3 3 0 0 1 0 17V3A3 3 0 0 1 3 0Z" fill="#555"/>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f"{texts}</g></svg>\n"
    )


def _width(text: str) -> int:
    """About how wide Verdana of 11 pixels is; ``textLength`` makes up for the rest."""
    return round(
        sum(4.2 if char in _NARROW else 10 if char in _WIDE else 7.4 if char.isupper() else 6.8 for char in text)
    )
