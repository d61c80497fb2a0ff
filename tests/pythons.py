"""Interpreters of this machine for tests."""

from __future__ import annotations

import pytest

from cursus_readiness.environments.interpreters import Interpreter, find_interpreter
from cursus_readiness.errors import CannotRunError

MINORS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


def interpreter(minor: str) -> Interpreter:
    """An installed interpreter of that version; the test is skipped where there is none."""
    try:
        return find_interpreter(minor, is_exact=True)
    except CannotRunError as error:
        pytest.skip(error.message)
