"""Where namespaces are refused, steps have /opt/ml to themselves, as root and as an ordinary user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = "65534"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("setpriv") is None, reason="giving up rights takes root and setpriv"
    ),
]


def run_tests(folder: Path, repository: Path, user: str, opt_ml: str, *arguments: str) -> str:
    """Run tests where namespaces are refused; what pytest said."""
    measuring = {name: value for name, value in os.environ.items() if name.startswith("COV") and user == "0"}
    tests = [
        sys.executable,
        "-B",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout=60",
        f"--basetemp={folder}/work/tests",
    ]
    outcome = subprocess.run(
        [
            sys.executable,
            str(repository / "tests/elsewhere.py"),
            str(folder),
            user,
            opt_ml,
            "refused",
            *tests,
            *arguments,
        ],
        cwd=repository,
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "PYTHONPATH": f"{repository}/src",
            "READINESS_TESTS_LOCKED_DOWN": "1",
            **measuring,
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


@pytest.mark.parametrize(
    ("user", "opt_ml"), [("0", "missing"), (NOBODY, NOBODY)], ids=["root, none there", "user, their own"]
)
def test_the_exclusive_way_keeps_what_it_promises(tmp_path: Path, repository: Path, user: str, opt_ml: str) -> None:
    run_tests(tmp_path, repository, user, opt_ml, "tests/locked_down")


def test_the_contract_and_the_limits_hold_there_too(tmp_path: Path, repository: Path) -> None:
    files = ("tests/integration/test_container_contract.py", "tests/integration/test_limits.py")
    said = run_tests(tmp_path, repository, NOBODY, NOBODY, "-m", "not own_root", *files)
    assert "deselected" in said
