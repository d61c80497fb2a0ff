"""Where scripts have found ``main`` since pip 10."""

from __future__ import annotations

from pip import main

__all__ = ["main"]
