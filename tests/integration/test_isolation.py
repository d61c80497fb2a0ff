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

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("setpriv") is None, reason="giving up rights takes root and setpriv"
    ),
]


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_without_the_right_to_mount_a_user_namespace_gives_it(tmp_path: Path) -> None:
    check = "import os\nassert (os.getuid(), os.getcwd()) == (0, '/')\nopen('/mine', 'w')\nos.listdir('/proc/self')"
    scenario = write_pipeline(tmp_path, [processing("A", "a.py"), processing("B", "a.py")], {"a.py": check})
    outcome = shell(f"{WITHOUT_THE_RIGHT_TO_MOUNT} {COMMAND} {scenario}", tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads((tmp_path / "reports/latest/readiness.json").read_text(encoding="utf-8"))
    assert {step["isolation"] for step in report["scenarios"][0]["steps"]} == {"user, mount and PID namespaces"}


def test_an_ordinary_user_runs_a_bundled_scenario(tmp_path: Path, repository: Path) -> None:
    elsewhere = f"{sys.executable} {repository}/tests/elsewhere.py {tmp_path} 65534 missing allowed"
    out = tmp_path / "work/reports"
    outcome = shell(f"{elsewhere} {COMMAND} scenarios/store-sales.yaml --out {out}", tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    report = json.loads((out / "latest/readiness.json").read_text(encoding="utf-8"))
    assert {step["isolation"] for step in report["scenarios"][0]["steps"]} == {"user, mount and PID namespaces"}
    assert {path.lstat().st_uid for path in out.rglob("*")} == {65534}


@pytest.mark.parametrize(
    ("opt_ml", "reason"),
    [("missing", "/opt/ml: Permission denied"), ("0", "/opt/ml/.cursus-readiness: Permission denied")],
    ids=["nowhere to make it", "somebody else's"],
)
def test_where_neither_way_is_open_the_error_says_what_to_do(
    tmp_path: Path, repository: Path, opt_ml: str, reason: str
) -> None:
    scenario = write_pipeline(tmp_path, [processing("A", "a.py")], {"a.py": ""})
    elsewhere = f"{sys.executable} {repository}/tests/elsewhere.py {tmp_path} 65534 {opt_ml} refused"
    out = tmp_path / "work/reports"
    outcome = shell(f"{elsewhere} {COMMAND} {scenario} --out {out}", tmp_path)
    assert outcome.returncode == 5, outcome.stdout + outcome.stderr
    refusals = "unshare: Operation not permitted, in a user namespace unshare: Operation not permitted"
    ways = f"{refusals}; nor can they have /opt/ml to themselves: {reason}"
    assert f"error: steps cannot be given a root of their own here: {ways}\n" in outcome.stderr
    assert "fix: start the container with `--privileged`, or with" in outcome.stderr
    assert 'or give steps /opt/ml: `sudo install -d -o "$USER" /opt/ml`' in outcome.stderr
    report = json.loads((out / "latest/readiness.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "INCONCLUSIVE"


def test_a_limit_on_namespaces_is_a_refusal_too(tmp_path: Path) -> None:
    limit = "echo 0 > /proc/sys/user/max_user_namespaces"
    start = "from cursus_readiness.sandbox.namespaces import enter_namespaces; enter_namespaces()"
    command = f'{limit}; exec {WITHOUT_THE_RIGHT_TO_MOUNT} {sys.executable} -c "{start}"'
    outcome = shell(f"unshare -Ur sh -c '{command}'", tmp_path)
    said = "OSError: [Errno 28] unshare: Operation not permitted, in a user namespace unshare: No space left on device"
    assert said in outcome.stderr
