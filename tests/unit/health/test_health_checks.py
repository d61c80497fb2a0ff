"""Checks of this machine and installation."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from builders import FakeClock
from cursus_readiness.health import performance, workspace_access
from cursus_readiness.health.aws_access import AwsAccess
from cursus_readiness.health.checker import HealthChecker
from cursus_readiness.health.dependencies import Dependencies
from cursus_readiness.health.performance import Performance
from cursus_readiness.health.workspace_access import WorkspaceAccess
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult
from cursus_readiness.units import GIB, MIB


class TestDependencies:
    def test_this_installation_fits(self) -> None:
        assert Dependencies().run().outcome is Outcome.PASS

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            (["no-such-package-anywhere>=1"], "no-such-package-anywhere is not installed"),
            (["pytest<1"], "is not <1"),
        ],
        ids=["missing", "too new"],
    )
    def test_what_does_not_fit_is_named(self, wanted: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metadata, "requires", lambda _: wanted)
        found = Dependencies().run()
        assert found.outcome is Outcome.FAIL
        assert message in found.message
        assert found.remedy

    def test_extras_are_not_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metadata, "requires", lambda _: ["no-such-package-anywhere; extra == 'dev'"])
        assert Dependencies().run().message == "0 packages fit"


class TestWorkspaceAccess:
    @pytest.mark.parametrize(
        ("free", "outcome"),
        [
            (100 * MIB - 1, Outcome.FAIL),
            (100 * MIB, Outcome.WARN),
            (1 * GIB - 1, Outcome.WARN),
            (1 * GIB, Outcome.PASS),
        ],
    )
    def test_space_that_is_left_decides(
        self, free: int, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workspace_access.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))  # type: ignore[attr-defined]
        found = WorkspaceAccess(tmp_path).run()
        assert found.outcome is outcome
        assert (found.remedy is None) is (outcome is Outcome.PASS)

    def test_nothing_is_left_behind(self, tmp_path: Path) -> None:
        WorkspaceAccess(tmp_path).run()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["missing", "file"])
    def test_a_folder_that_cannot_be_written_fails(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        found = WorkspaceAccess(tmp_path / name).run()
        assert found.outcome is Outcome.FAIL
        assert "cannot be written" in found.message


class TestPerformance:
    @pytest.mark.parametrize(
        ("load", "available", "outcome"),
        [
            (0.5, 8 * GIB, Outcome.PASS),
            (8.0, 8 * GIB, Outcome.PASS),
            (8.01, 8 * GIB, Outcome.WARN),
            (0.5, 1 * GIB, Outcome.PASS),
            (0.5, 1 * GIB - 1, Outcome.WARN),
        ],
        ids=["quiet", "two per CPU", "more than two per CPU", "just enough memory", "a byte too few"],
    )
    def test_load_and_memory_decide(
        self, load: float, available: int, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(performance.os, "getloadavg", lambda: (load, 0.0, 0.0))  # type: ignore[attr-defined]
        monkeypatch.setattr(performance.os, "cpu_count", lambda: 4)  # type: ignore[attr-defined]
        memory = SimpleNamespace(available=available)
        monkeypatch.setattr(performance.psutil, "virtual_memory", lambda: memory)  # type: ignore[attr-defined]
        assert Performance().run().outcome is outcome


class TestAwsAccess:
    def test_without_credentials_aws_does_not_matter(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        assert AwsAccess().run().outcome is Outcome.NOT_APPLICABLE

    def test_a_profile_that_is_not_there_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        found = AwsAccess().run()
        assert found.outcome is Outcome.FAIL
        assert found.remedy


class Scripted:
    """A check that finds what it was told to."""

    def __init__(self, name: str, outcome: Outcome) -> None:
        self.id, self.outcome = name, outcome

    def run(self) -> HealthResult:
        return HealthResult(id=self.id, outcome=self.outcome, message="m")


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ("PASS PASS PASS NOT_APPLICABLE PASS", "PASS"),
        ("PASS WARN PASS PASS PASS", "WARN"),
        ("PASS WARN NO_EVIDENCE PASS PASS", "NO_EVIDENCE"),
        ("FAIL WARN PASS NOT_APPLICABLE ERROR", "FAIL"),
        ("PASS PASS PASS PASS ERROR", "ERROR"),
    ],
)
def test_the_worst_check_that_applies_decides(outcomes: str, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checker = HealthChecker(clock=FakeClock())
    names = ("core_components", "dependencies", "workspace_access", "aws_access", "performance")
    for name, outcome in zip(names, outcomes.split(), strict=True):
        found = Scripted(name.replace("_", "-"), Outcome(outcome)).run().model_dump(mode="json")
        monkeypatch.setattr(checker, f"_check_{name}", lambda found=found: found)
    health = checker.check_system_health()
    assert health["status"] == status
    assert list(health["checks"]) == [name.replace("_", "-") for name in names]


def test_a_check_says_how_long_it_took(tmp_path: Path) -> None:
    found = HealthChecker(tmp_path)._check_workspace_access()
    assert found["id"] == "workspace-access"
    assert found["duration_s"] >= 0
