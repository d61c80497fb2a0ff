"""What is said depends on what this machine forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_readiness.sandbox.remedies import namespace_remedy

MACHINES = {
    "Ubuntu 24.04": (
        {"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n", "proc/sys/user/max_user_namespaces": "9\n"},
        "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
    "Debian 10": (
        {"proc/sys/kernel/unprivileged_userns_clone": "0\n"},
        "`sudo sysctl -w kernel.unprivileged_userns_clone=1`",
    ),
    "RHEL 7": ({"proc/sys/user/max_user_namespaces": "0\n"}, "`sudo sysctl -w user.max_user_namespaces=15000`"),
    "Docker on Ubuntu 24.04": (
        {".dockerenv": "", "proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"},
        "start the container with `--privileged`",
    ),
    "a seccomp filter": ({"proc/self/status": "Name:\tx\nSeccomp:\t2\n"}, "--security-opt seccomp=unconfined"),
    "none of these": (
        {"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n", "proc/self/status": "Seccomp:\t0\n"},
        "run as root",
    ),
}


@pytest.mark.parametrize(("files", "remedy"), MACHINES.values(), ids=MACHINES.keys())
def test_the_remedy_is_for_this_machine(tmp_path: Path, files: dict[str, str], remedy: str) -> None:
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert remedy in namespace_remedy(tmp_path)
