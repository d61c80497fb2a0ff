"""Where steps can be given a root of their own, and what is said where they cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import processing, write_pipeline

COMMAND = f"{sys.executable} -m cursus_readiness run"
WITHOUT_THE_RIGHT_TO_MOUNT = "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="giving up rights takes root and setpriv"
)


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_without_the_right_to_mount_a_user_namespace_gives_it(tmp_path: Path) -> None:
    check = "import os\nassert (os.getuid(), os.getcwd()) == (0, '/')\nopen('/mine', 'w')\nos.listdir('/proc/self')"
    scenario = write_pipeline(tmp_path, [processing("A", "a.py"), processing("B", "a.py")], {"a.py": check})
    outcome = shell(f"{WITHOUT_THE_RIGHT_TO_MOUNT} {COMMAND} {scenario}", tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads((tmp_path / "reports/latest/readiness.json").read_text(encoding="utf-8"))
    assert {step["isolation"] for step in report["scenarios"][0]["steps"]} == {"user, mount and PID namespaces"}


def test_where_no_namespace_can_be_had_the_error_says_what_to_do(tmp_path: Path) -> None:
    scenario = write_pipeline(tmp_path, [processing("A", "a.py")], {"a.py": ""})
    refuse = "echo 0 > /proc/sys/user/max_user_namespaces"
    outcome = shell(f"unshare -Ur sh -c '{refuse}; exec {WITHOUT_THE_RIGHT_TO_MOUNT} {COMMAND} {scenario}'", tmp_path)
    assert outcome.returncode == 5
    assert "error: steps cannot be given a root of their own here" in outcome.stderr
    assert "fix: allow unprivileged user namespaces" in outcome.stderr
    report = json.loads((tmp_path / "reports/latest/readiness.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "INCONCLUSIVE"
