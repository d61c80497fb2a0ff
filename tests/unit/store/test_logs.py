"""Logs of steps, without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_readiness.model.secrets import Secrets
from cursus_readiness.store.logs import hide_in_log

SECRETS = Secrets(["hunter2-do-not-store"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"a hunter2-do-not-store b\n", b"a *** b\n"),
        (b"\xff\x00 hunter2-do-not-store \xfe", b"\xff\x00 *** \xfe"),
        (b"token AKIA" + b"IOSFODNN7EXAMPLE\r\n", b"token ***\r\n"),
        (b"x" * (1 << 20) + b" hunter2-do-not-store\nend", b"x" * (1 << 20) + b" ***\nend"),
    ],
    ids=["by its value", "beside what is no text", "by its form", "in a later piece"],
)
def test_a_secret_in_a_log_is_hidden_and_nothing_else_changes(written: bytes, kept: bytes, tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_bytes(written)
    hide_in_log(tmp_path / "stdout.log", SECRETS)
    assert (tmp_path / "stdout.log").read_bytes() == kept
    assert [entry.name for entry in tmp_path.iterdir()] == ["stdout.log"]


def test_a_log_without_secrets_is_not_written_again(tmp_path: Path) -> None:
    log = tmp_path / "stdout.log"
    log.write_bytes(b"\xffall is well\n")
    before = log.stat().st_ino
    hide_in_log(log, SECRETS)
    assert (log.stat().st_ino, log.read_bytes()) == (before, b"\xffall is well\n")


def test_a_log_that_is_not_there_stays_so(tmp_path: Path) -> None:
    hide_in_log(tmp_path / "stdout.log", SECRETS)
    assert list(tmp_path.iterdir()) == []
