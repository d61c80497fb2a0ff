"""The commands of the checklist and of sign-off, as the shell starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cursus_readiness.model.evidence import EvidenceKind
from judged_projects import FILES, POLICY, put, write_project

pytestmark = pytest.mark.slow
Readiness = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", datetime.now(UTC).date())


@pytest.fixture
def readiness(project: Path) -> Readiness:
    """The command in the project's folder, outside of any workflow."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "READINESS_"))}

    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cursus_readiness", *map(str, arguments)]
        return subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)

    return call


def test_one_command_gives_one_verdict_and_what_follows_from_it(readiness: Readiness, project: Path) -> None:
    (project / "evidence/recovery-drill.json").unlink()
    done = readiness("validate-system", "pipelines")
    assert done.returncode == 11, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("health: ")
    assert "checklist for production:" in lines
    assert "  8 Backup/Recovery: NO EVIDENCE: Make the evidence: readiness evidence drill RUN" in lines
    assert lines[-3] == "INCONCLUSIVE"
    assert "missing-drill" in lines[-2]

    drilled = readiness("evidence", "drill", "reports/latest")
    assert (drilled.returncode, drilled.stderr) == (0, "")
    done = readiness("validate-system", "pipelines")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-3] == "READY"

    keys = project.parent / "keys"
    made = readiness("keygen", "--out", keys)
    public = made.stdout.split('public_key = "')[1].split('"')[0]
    key = keys / "readiness.key"
    signing = ("sign", "--as", "Ada", "--role", "release-manager", "--key", key)
    assert readiness(*signing, "reports/latest").returncode == 0
    assert readiness("verify", "reports/latest").returncode == 11
    signer = f'[[signers]]\nname = "Ada"\nrole = "release-manager"\npublic_key = "{public}"\n'
    put(project / "readiness.toml", POLICY + signer)
    verified = readiness("verify", "reports/latest")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.splitlines()[-1] == "as it was signed"
    with (project / "reports/latest/readiness.md").open("a") as file:
        file.write("x")
    broken = readiness("verify", "reports/latest")
    assert (broken.returncode, broken.stderr) == (10, "error: readiness.md: it was changed\n")


def test_a_run_that_is_not_ready_is_not_signed(readiness: Readiness, project: Path) -> None:
    assert readiness("run", "pipelines", "--environment", "staging").returncode == 11  # no health check
    readiness("keygen", "--out", "keys")
    done = readiness(
        "sign", "--as", "A", "--role", "r", "--key", "keys/readiness.key", "--environment", "staging", "reports/latest"
    )
    assert done.returncode == 11
    assert done.stderr.startswith("not signed: the run is INCONCLUSIVE: No evidence for unhealthy-system")


def test_no_scenario_is_never_ready(readiness: Readiness, project: Path) -> None:
    (project / "empty").mkdir()
    done = readiness("validate-system", "empty")
    assert done.returncode == 3
    assert "READY" not in done.stdout


def test_an_environment_is_guessed(readiness: Readiness) -> None:
    done = readiness("validate-system", "pipelines", "--environment", "prod")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "  fix: choose from: dev, staging, production")
    done = readiness("validate-system", "pipelines", "--environment", "stagin")
    assert done.stderr.splitlines()[-1] == "  fix: did you mean staging?"


def test_a_waiver_is_written_with_all_that_it_needs_and_opens_the_gate(readiness: Readiness, project: Path) -> None:
    write_project(project, datetime.now(UTC).date(), auc="auc >= 0.95")
    assert readiness("run", "pipelines").returncode == 10
    rest = ("--scenario", "pipeline", "--step", "Train", "--owner", "team", "--issue", "https://example.org/1")
    done = readiness("waive", "broken-rule", "--reason", 'the "new" sample', *rest)
    assert done.returncode == 0, done.stderr
    expires = datetime.now(UTC).date() + timedelta(days=30)
    assert f"wrote a waiver until {expires} into readiness.toml" in done.stdout.replace(f"{project}/", "")
    found = readiness("report", "reports/latest", "--policy", "readiness.toml")
    assert found.returncode == 0, found.stdout
    assert "READY WITH WAIVERS" in found.stdout.splitlines()
    assert f"(failed, waived until {expires} by team)" in found.stdout
    assert readiness("report", "reports/latest", "--strict").returncode == 10


@pytest.mark.parametrize(
    ("audit", "options", "code", "said"),
    [
        ("broken-rul", (), 4, "no audit is named 'broken-rul' (did you mean 'broken-rule'?)"),
        ("few-scenarios", (), 4, "few-scenarios is a must: it cannot be waived"),
        ("broken-rule", ("--days", "91"), 2, "a waiver is for 1 to 90 days, not 91"),
        ("broken-rule", ("--scenario", "*"), 4, "a pattern for all accepts too much"),
    ],
)
def test_a_waiver_with_a_mistake_is_not_written(
    audit: str, options: tuple[str, ...], code: int, said: str, readiness: Readiness, project: Path
) -> None:
    before = (project / "readiness.toml").read_text()
    usual = ("--scenario", "a", "--step", "*", "--reason", "r", "--owner", "o", "--issue", "https://example.org/1")
    done = readiness("waive", audit, *usual, *options)
    assert done.returncode == code
    assert said in done.stderr
    assert (project / "readiness.toml").read_text() == before


def test_evidence_is_recorded_and_listed(readiness: Readiness, project: Path) -> None:
    name, text = FILES[EvidenceKind.IMAGE]
    put(project / name, text)
    done = readiness("evidence", "record", "image", "--file", name, "--source", "podman build", "--by", "Ada")
    assert done.returncode == 0, done.stderr
    listed = readiness("evidence", "list").stdout
    assert "1 images looked at, nothing found (podman build, by Ada, " in listed
    assert readiness("evidence", "record", "imag", "--file", name, "--source", "x").returncode == 2


def test_mistakes_of_the_policy_are_found_without_running_anything(readiness: Readiness, project: Path) -> None:
    put(project / "readiness.toml", "[thresholds]\nidle_cpu = 1\n")
    done = readiness("check", "pipelines")
    assert done.returncode == 4
    assert "readiness.toml:2: thresholds.idle_cpu: unknown field (did you mean 'idle_cpu_ratio'?)" in done.stdout
