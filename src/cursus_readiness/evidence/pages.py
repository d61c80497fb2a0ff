"""The pages of a project: those that people need are there, and their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from cursus_readiness.model.evidence import Fact, examined

_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def page_facts(
    root: Path, user_pages: Sequence[str], operator_pages: Sequence[str], pages: Sequence[Path]
) -> Iterator[Fact]:
    """Which pages are missing, and which links lead nowhere."""
    missing = [f"{name} is missing or empty" for name in (*user_pages, *operator_pages) if not _has_text(root / name)]
    if user_pages and operator_pages:
        yield examined("missing-page", len(user_pages) + len(operator_pages), missing, "pages")
    else:
        yield Fact(id="missing-page", missing="the policy names no user_pages or no operator_pages")
    links = [(page, target) for page in pages for target in _targets(page)]
    dead = [
        f"{page.relative_to(root)}: {target}" for page, target in links if not (page.parent / unquote(target)).exists()
    ]
    yield examined("broken-link", len(links), dead, "links")


def _has_text(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _targets(page: Path) -> list[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8", errors="replace"))
    return [target for target in _LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
