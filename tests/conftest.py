"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", deadline=None)  # a busy machine is no failure
settings.load_profile("steady")
sys.path.insert(0, str(Path(__file__).parent))  # `import builders`, `import pipelines`
pytest_plugins = ["endpoint_fixtures", "s3_servers"]

# they are for a machine that refuses namespaces; tests/integration/test_exclusive.py runs them on one
collect_ignore = [] if "READINESS_TESTS_LOCKED_DOWN" in os.environ else ["locked_down"]

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests run in."""
    return REPOSITORY
