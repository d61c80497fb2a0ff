"""Checks of this machine and installation, each failing for its own reason."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builders import FakeClock, ScriptedProbe
from cursus_readiness.clock import Clock
from cursus_readiness.environments.host import host_environment
from cursus_readiness.errors import CannotRunError
from cursus_readiness.health import core_components, environments, memory, performance
from cursus_readiness.health.base import HealthCheck, run_check
from cursus_readiness.health.checker import HealthChecker
from cursus_readiness.health.clock_skew import ClockSkew
from cursus_readiness.health.core_components import CoreComponents
from cursus_readiness.health.dependencies import Dependencies
from cursus_readiness.health.disk_space import DiskSpace
from cursus_readiness.health.environments import Environments
from cursus_readiness.health.memory import Memory
from cursus_readiness.health.performance import Performance
from cursus_readiness.health.python import Python
from cursus_readiness.health.speed import Speed, measure, recorded
from cursus_readiness.health.workspace_access import WorkspaceAccess
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.health import HealthResult
from cursus_readiness.sandbox.client import LauncherClient
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


class TestConflicts:
    @pytest.mark.parametrize(
        ("below", "outcome"),
        [
            (["pytest<1"], Outcome.FAIL),
            (["pytest>1"], Outcome.PASS),
            (["pytest<1; extra == 'fast'"], Outcome.PASS),
            (["no-such-package-anywhere"], Outcome.FAIL),
        ],
        ids=["another version", "fits", "of an extra that nobody asked for", "missing"],
    )
    def test_what_a_package_of_the_tool_needs_counts(
        self, below: list[str], outcome: Outcome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = {"cursus-readiness": ["packaging"], "packaging": below}
        monkeypatch.setattr(metadata, "requires", lambda name: asked.get(name, []))
        found = Dependencies().run()
        assert found.outcome is outcome
        assert ("packaging needs" in found.message) is (outcome is Outcome.FAIL)

    def test_the_extra_that_is_asked_for_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = {"cursus-readiness": ["packaging[fast]"], "packaging": ["pytest<1; extra == 'fast'"]}
        monkeypatch.setattr(metadata, "requires", lambda name: asked.get(name, []))
        assert Dependencies().run().outcome is Outcome.FAIL


class TestCursus:
    @pytest.mark.parametrize(
        ("file", "outcome"),
        [("core/compiler/dag_compiler.py", Outcome.PASS), ("cli.py", Outcome.WARN)],
        ids=["the pipeline generator", "another project"],
    )
    def test_whose_package_it_is_is_seen_without_importing_it(
        self, file: str, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path / "cursus"
        (package / file).parent.mkdir(parents=True)
        (package / file).touch()
        (package / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        found = Dependencies().run()
        assert found.outcome is outcome
        assert (found.remedy is None) is (outcome is Outcome.PASS)


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
    @pytest.mark.parametrize("check", [WorkspaceAccess, lambda folder: DiskSpace([folder])], ids=["own", "others"])
    def test_space_that_is_left_decides(
        self, check: Any, free: int, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_disk(monkeypatch, free_bytes=free)
        found = check(tmp_path).run()
        assert found.outcome is outcome
        assert (found.remedy is None) is (outcome is Outcome.PASS)

    @pytest.mark.parametrize(
        ("inodes", "free", "outcome"),
        [
            (10**6, 999, Outcome.FAIL),
            (10**6, 1_000, Outcome.WARN),
            (10**6, 10_000, Outcome.PASS),
            (0, 0, Outcome.PASS),
        ],
        ids=["nearly none", "few", "enough", "made as they are needed"],
    )
    def test_inodes_that_are_left_decide(
        self, inodes: int, free: int, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_disk(monkeypatch, inode_count=inodes, free_count=free)
        found = WorkspaceAccess(tmp_path).run()
        assert found.outcome is outcome
        assert ("more files" in found.message) is (outcome is not Outcome.PASS)

    def test_nothing_is_left_behind(self, tmp_path: Path) -> None:
        WorkspaceAccess(tmp_path).run()
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_not_there_yet_is_made(self, tmp_path: Path) -> None:
        assert WorkspaceAccess(tmp_path / "a" / "b").run().outcome is Outcome.PASS
        assert (tmp_path / "a" / "b").is_dir()

    def test_a_file_in_the_place_of_the_folder_fails(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        found = WorkspaceAccess(tmp_path / "file").run()
        assert found.outcome is Outcome.FAIL
        assert "cannot be written" in found.message

    @pytest.mark.parametrize(
        ("where", "call", "name", "outcome"),
        [
            (os, "fsync", "write", Outcome.FAIL),
            (Path, "replace", "rename", Outcome.FAIL),
            (fcntl, "flock", "lock", Outcome.FAIL),
            (os, "link", "hard links", Outcome.WARN),
            (os, "symlink", "links", Outcome.WARN),
        ],
    )
    def test_each_use_that_is_refused_is_named(
        self, where: Any, call: str, name: str, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(where, call, refuse)
        found = WorkspaceAccess(tmp_path).run()
        assert found.outcome is outcome
        assert f"{name} refused: Operation not permitted" in found.message
        assert found.remedy

    def test_what_comes_back_changed_is_no_rename(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "read_bytes", lambda _: b"changed")
        assert "does not come back" in WorkspaceAccess(tmp_path).run().message


class TestDiskSpace:
    def test_the_usual_folders_are_looked_at(self) -> None:
        assert DiskSpace().run().measured is not None

    def test_a_folder_that_is_not_there_stands_for_the_one_above(self, tmp_path: Path) -> None:
        assert DiskSpace([tmp_path / "none" / "here"]).run().message

    def test_a_disk_that_is_gone_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(path: Path) -> None:
            raise OSError(errno.EIO, "Input/output error", str(path))

        monkeypatch.setattr(os, "statvfs", gone)
        found = DiskSpace([tmp_path]).run()
        assert found.outcome is Outcome.FAIL
        assert str(tmp_path) in found.message


class TestMemory:
    @pytest.mark.parametrize(
        ("usable", "outcome"),
        [
            (256 * MIB - 1, Outcome.FAIL),
            (256 * MIB, Outcome.WARN),
            (1 * GIB, Outcome.PASS),
            (None, Outcome.NO_EVIDENCE),
        ],
    )
    def test_what_steps_may_use_decides(
        self, usable: int | None, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory, "usable_memory_bytes", lambda: usable)
        assert Memory().run().outcome is outcome


SPEED = Speed(cpu_s=0.01, disk_s=0.02)


def performance_check(folder: Path, speed: Speed = SPEED, **changes: Any) -> HealthResult:
    return Performance(folder, clock=FakeClock(), benchmark=lambda _: speed, **changes).run()


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which nothing runs; its /proc."""
    monkeypatch.setattr(os, "getloadavg", lambda: (0.5, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    proc = tmp_path / "proc"
    (proc / "pressure").mkdir(parents=True)
    return proc


class TestPerformance:
    @pytest.mark.parametrize(
        ("load", "outcome"), [(0.5, Outcome.PASS), (8.0, Outcome.PASS), (8.01, Outcome.WARN)], ids=str
    )
    def test_load_decides(
        self, load: float, outcome: Outcome, quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
        assert performance_check(tmp_path, proc=quiet).outcome is outcome

    @pytest.mark.parametrize(
        ("name", "percent", "outcome"),
        [
            ("memory", "20.00", Outcome.PASS),
            ("memory", "20.01", Outcome.WARN),
            ("io", "99.00", Outcome.WARN),
            ("cpu", "99.00", Outcome.PASS),
            ("io", "nonsense", Outcome.PASS),
        ],
    )
    def test_waiting_for_memory_or_disk_decides(
        self, name: str, percent: str, outcome: Outcome, quiet: Path, tmp_path: Path
    ) -> None:
        (quiet / "pressure" / name).write_text(f"some avg10={percent} avg60=0.00 avg300=0.00 total=5\n", "ascii")
        found = performance_check(tmp_path, proc=quiet)
        assert found.outcome is outcome
        assert (f"{name}: something waited" in found.message) is (outcome is Outcome.WARN)

    def test_the_first_measurement_is_recorded_and_the_next_compared(self, quiet: Path, tmp_path: Path) -> None:
        first = performance_check(tmp_path, proc=quiet)
        assert "is recorded in" in first.parts[-1].message
        assert performance_check(tmp_path, proc=quiet).parts[-1].message.startswith("disk is as fast as it was")

    @pytest.mark.parametrize(
        ("speed", "slow"),
        [
            (Speed(cpu_s=0.015, disk_s=0.08), None),
            (Speed(cpu_s=0.0151, disk_s=0.02), "cpu"),
            (Speed(cpu_s=0.01, disk_s=0.0801), "disk"),
        ],
        ids=["just as fast", "slow processor", "slow disk"],
    )
    def test_a_machine_slower_than_its_kind_is_warned_of(
        self, speed: Speed, slow: str | None, quiet: Path, tmp_path: Path
    ) -> None:
        performance_check(tmp_path, proc=quiet)
        found = performance_check(tmp_path, speed, proc=quiet)
        assert found.outcome is (Outcome.WARN if slow else Outcome.PASS)
        assert (f"{slow} is slow" in found.message) is (slow is not None)

    def test_another_kind_of_machine_has_a_record_of_its_own(
        self, quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        performance_check(tmp_path, proc=quiet)
        monkeypatch.setattr(performance, "machine_class", lambda: "another")
        found = performance_check(tmp_path, Speed(cpu_s=9, disk_s=9), proc=quiet)
        assert found.outcome is Outcome.PASS
        assert len(recorded(tmp_path / "speed.json").machines) == 2

    @pytest.mark.parametrize("content", [b"{", b"\xff", b'{"schema_version": 99}'])
    def test_a_broken_record_is_said(self, content: bytes, quiet: Path, tmp_path: Path) -> None:
        (tmp_path / "speed.json").write_bytes(content)
        found = performance_check(tmp_path, proc=quiet)
        assert found.outcome is Outcome.WARN
        assert "speed.json" in found.message

    def test_a_disk_that_cannot_be_measured_is_no_evidence(self, quiet: Path, tmp_path: Path) -> None:
        check = Performance(tmp_path / "none", clock=FakeClock(), proc=quiet)
        assert check.run().outcome is Outcome.NO_EVIDENCE

    def test_processor_and_disk_are_really_measured(self, tmp_path: Path) -> None:
        found = measure(tmp_path)
        assert found.cpu_s > 0
        assert found.disk_s > 0
        assert list(tmp_path.iterdir()) == []


SYNCHRONISED, NOT_SYNCHRONISED = 0, 5


class Now(FakeClock):
    """A clock that was set to an instant."""

    def __init__(self, instant: datetime) -> None:
        super().__init__()
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


def clock_check(folder: Path, clock: Clock | None = None, kernel: int | None = SYNCHRONISED) -> HealthResult:
    return ClockSkew(folder, clock=clock, kernel=lambda: kernel).run()


class TestClockSkew:
    def test_nothing_speaks_against_a_good_clock(self, tmp_path: Path) -> None:
        assert clock_check(tmp_path).outcome is Outcome.PASS

    def test_a_clock_behind_the_newest_run_fails(self, tmp_path: Path) -> None:
        (tmp_path / "29990101T000000Z-ffffff").mkdir()
        found = clock_check(tmp_path)
        assert found.outcome is Outcome.FAIL
        assert "behind the newest run" in found.message

    def test_a_clock_behind_the_installation_fails(self, tmp_path: Path) -> None:
        assert clock_check(tmp_path, Now(datetime(2001, 1, 1, tzinfo=UTC))).outcome is Outcome.FAIL

    def test_a_disk_with_another_time_fails(self, tmp_path: Path) -> None:
        found = clock_check(tmp_path, Now(datetime.now(UTC) + timedelta(seconds=10)))
        assert found.outcome is Outcome.FAIL
        assert "clock and disk are" in found.message

    def test_a_folder_that_cannot_be_written_tells_nothing(self, tmp_path: Path) -> None:
        assert clock_check(tmp_path / "none").outcome is Outcome.NO_EVIDENCE

    @pytest.mark.parametrize(
        ("state", "outcome"), [(0, Outcome.PASS), (NOT_SYNCHRONISED, Outcome.WARN), (None, Outcome.PASS)]
    )
    def test_a_clock_that_nobody_corrects_is_warned_of(
        self, state: int | None, outcome: Outcome, tmp_path: Path
    ) -> None:
        assert clock_check(tmp_path, kernel=state).outcome is outcome

    def test_a_folder_with_a_time_that_is_none_does_not_matter(self, tmp_path: Path) -> None:
        (tmp_path / "20269999T999999Z-ffffff").mkdir()
        assert clock_check(tmp_path).outcome is Outcome.PASS

    def test_the_kernel_is_really_asked(self, tmp_path: Path) -> None:
        assert ClockSkew(tmp_path).run().parts[-1].name == "synchronisation"


class TestPython:
    def test_this_one_is_complete(self) -> None:
        assert Python().run().outcome is Outcome.PASS

    def test_a_version_that_is_too_old_fails(self) -> None:
        found = Python(version=lambda: "3.11.3").run()
        assert found.outcome is Outcome.FAIL
        assert "is not >=3.11.4" in found.message

    def test_a_build_without_a_library_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        look = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "_lzma" else look(name))
        assert Python().run().message == "this Python was built without lzma"

    def test_names_of_files_that_are_ascii_are_warned_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
        assert Python().run().outcome is Outcome.WARN


class TestCoreComponents:
    def test_a_step_runs_and_is_seen(self) -> None:
        found = CoreComponents().run()
        assert found.outcome is Outcome.PASS
        assert found.measured is not None
        assert found.measured.value > 1 * MIB

    def test_a_machine_that_refuses_a_sandbox_fails_with_what_to_change(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_: Any) -> None:
            raise CannotRunError("namespaces are refused", fix="sysctl")

        monkeypatch.setattr(LauncherClient, "__enter__", refuse)
        found = CoreComponents().run()
        assert (found.outcome, found.message, found.remedy) == (Outcome.FAIL, "namespaces are refused", "sysctl")

    def test_an_environment_that_does_not_start_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = replace(host_environment(None), interpreter=Path("/bin/false"))
        monkeypatch.setattr(core_components, "host_environment", lambda _: broken)
        found = CoreComponents().run()
        assert found.outcome is Outcome.FAIL
        assert "failed" in found.message

    @pytest.mark.parametrize(
        ("program", "message"),
        [
            ("import time; time.sleep(600)", "does not end"),
            ("import os\nwhile not os.path.exists('/opt/ml/seen'): pass", "not where it is looked for"),
            ("raise ValueError('broken')", "ValueError: broken"),
        ],
        ids=["hangs", "writes nothing", "raises"],
    )
    def test_a_step_that_does_not_do_its_part_fails(
        self, program: str, message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(core_components, "_STEP", program)
        monkeypatch.setattr(CoreComponents, "timeout_s", 4.0)
        found = CoreComponents().run()
        assert found.outcome is Outcome.FAIL
        assert message in found.message

    def test_a_step_that_cannot_be_sampled_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(core_components, "ProcfsProbe", lambda _: ScriptedProbe([None]))
        monkeypatch.setattr(CoreComponents, "timeout_s", 2.0)
        assert CoreComponents().run().message == "a step in the sandbox could not be sampled"


def a_program(folder: Path, name: str, text: str) -> None:
    """A program of a name that people know."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


class TestEnvironments:
    @pytest.fixture
    def bin_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """All that is on PATH."""
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    def test_an_empty_environment_is_really_made(self, bin_folder: Path) -> None:
        parts = {part.name: part for part in Environments().run().parts}
        assert parts["uv"].outcome is Outcome.PASS
        assert "0 packages" in parts["uv"].message

    def test_what_is_not_here_does_not_apply(self, bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def none() -> None:
            raise CannotRunError("no uv")

        monkeypatch.setattr(environments, "uv_command", none)
        found = Environments().run()
        assert found.outcome is Outcome.PASS
        assert found.message == "steps can run in these kinds of environments: host"

    def test_uv_that_makes_nothing_is_warned_of(self, bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        a_program(bin_folder, "uv", '[ "$1" = --version ] || { echo "no space left" >&2; exit 2; }')
        monkeypatch.setattr("cursus_readiness.environments.uv.uv_command", lambda: (str(bin_folder / "uv"),))
        found = Environments().run()
        assert found.outcome is Outcome.WARN
        assert "uv makes no environment" in found.message
        assert found.remedy

    @pytest.mark.parametrize(
        ("text", "outcome", "message"),
        [
            ("echo 9.9", Outcome.PASS, "podman 9.9"),
            ("echo cannot connect >&2; exit 125", Outcome.WARN, "`podman info`: cannot connect"),
        ],
        ids=["works", "refuses"],
    )
    def test_an_engine_is_asked(self, text: str, outcome: Outcome, message: str, bin_folder: Path) -> None:
        a_program(bin_folder, "podman", text)
        found = Environments().run()
        assert found.outcome is outcome
        assert message in [part.message for part in found.parts]
        assert (found.remedy is None) is (outcome is Outcome.PASS)


def a_disk(
    monkeypatch: pytest.MonkeyPatch, *, free_bytes: int = 8 * GIB, inode_count: int = 0, free_count: int = 0
) -> None:
    """Every disk is like this one."""
    found = SimpleNamespace(f_bavail=free_bytes, f_frsize=1, f_files=inode_count, f_favail=free_count)
    monkeypatch.setattr(os, "statvfs", lambda _: found)


class Hung:
    """A check that is never over."""

    id, timeout_s = "hung", 0.01

    def run(self) -> HealthResult:
        threading.Event().wait()
        raise AssertionError("never")


class Broken:
    """A check with a mistake in it."""

    id, timeout_s = "broken", 5.0

    def run(self) -> HealthResult:
        raise KeyError("x")


@pytest.mark.parametrize(("check", "message"), [(Hung(), "no answer within 0.01 s"), (Broken(), "KeyError: 'x'")])
def test_a_check_that_hangs_or_breaks_is_an_error_of_its_own(check: HealthCheck, message: str) -> None:
    found = run_check(check, FakeClock())
    assert found.outcome is Outcome.ERROR
    assert message in found.message
    assert found.timeout_s == check.timeout_s


OUTCOMES = [
    ("PASS PASS PASS NOT_APPLICABLE PASS", "PASS", 0),
    ("PASS WARN PASS PASS PASS", "WARN", 0),
    ("PASS WARN NO_EVIDENCE PASS PASS", "NO_EVIDENCE", 11),
    ("FAIL WARN PASS NOT_APPLICABLE ERROR", "FAIL", 10),
    ("PASS PASS PASS PASS ERROR", "ERROR", 11),
]


@pytest.mark.parametrize(("outcomes", "status", "code"), OUTCOMES)
def test_the_worst_check_that_applies_decides(
    outcomes: str, status: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checker = HealthChecker(tmp_path, clock=FakeClock())
    names = ("core_components", "dependencies", "workspace_access", "aws_access", "performance")
    for name, outcome in zip(names, outcomes.split(), strict=True):
        found = HealthResult(id=name.replace("_", "-"), outcome=Outcome(outcome), message="m").model_dump(mode="json")
        monkeypatch.setattr(checker, f"_check_{name}", lambda found=found: found)
    monkeypatch.setattr(checker, "_further", lambda: ())
    health = checker.check_system_health()
    assert health["status"] == status
    assert list(health["checks"]) == [name.replace("_", "-") for name in names]
    assert checker.report().exit_code == code


def test_every_check_is_run(tmp_path: Path) -> None:
    health = HealthChecker(tmp_path).check_system_health()
    assert list(health["checks"]) == [
        "core-components", "dependencies", "workspace-access", "aws-access", "performance",
        "environments", "disk-space", "memory", "clock-skew", "python",
    ]  # fmt: skip


def test_a_check_says_how_long_it_took(tmp_path: Path) -> None:
    found = HealthChecker(tmp_path)._check_workspace_access()
    assert found["id"] == "workspace-access"
    assert found["duration_s"] >= 0
