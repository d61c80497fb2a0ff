"""Where groups could be made, by what the kernel says of this process and of the hierarchies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_readiness.sandbox.cgroup_places import find_places, memory_devices


def a_machine(tmp_path: Path, groups: str, mounts: str) -> str:
    """A ``/proc/self`` that says so; ``TOP`` in the mounts is the folder of hierarchies."""
    proc = tmp_path / "proc"
    proc.mkdir()
    (proc / "cgroup").write_text(groups, encoding="utf-8")
    (proc / "mountinfo").write_text(mounts.replace("TOP", str(tmp_path / "top")), encoding="utf-8")
    return str(proc)


def a_group(tmp_path: Path, path: str, **files: str) -> None:
    folder = tmp_path / "top" / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text, encoding="utf-8")


V1 = "30 29 0:27 / TOP/memory rw - cgroup cgroup rw,memory\n31 29 0:28 / TOP/cpu rw - cgroup cgroup rw,cpu\n"
V2 = "30 29 0:27 / TOP rw - cgroup2 cgroup2 rw\n"


def test_in_v1_it_is_the_group_of_this_process(tmp_path: Path) -> None:
    proc = a_machine(tmp_path, "4:memory:/user/me\n2:cpu:/\n0::/\n", V1)
    assert [(place.kind, place.folder) for place in find_places(proc)] == [
        ("cgroup v1", f"{tmp_path}/top/memory/user/me")
    ]


def test_a_container_sees_its_own_part_of_a_hierarchy(tmp_path: Path) -> None:
    mounts = "30 29 0:27 /docker/1 TOP/memory rw - cgroup cgroup rw,memory\n"
    proc = a_machine(tmp_path, "4:memory:/docker/1/inner\n", mounts)
    assert [place.folder for place in find_places(proc)] == [f"{tmp_path}/top/memory/inner"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert list(find_places(a_machine(elsewhere, "4:memory:/docker/2\n", mounts))) == []


def test_in_v2_it_is_the_nearest_above_that_hands_memory_on(tmp_path: Path) -> None:
    a_group(tmp_path, "", cgroup_subtree_control="cpu memory")
    a_group(tmp_path, "slice", cgroup_subtree_control="cpu memory", memory_max="max")
    a_group(tmp_path, "slice/session", cgroup_controllers="memory", cgroup_procs="1\n2", memory_max="max")
    proc = a_machine(tmp_path, "0::/slice/session\n", V2)
    assert [(place.kind, place.folder) for place in find_places(proc)] == [("cgroup v2", f"{tmp_path}/top/slice")]


def test_a_group_with_a_limit_is_never_left(tmp_path: Path) -> None:
    a_group(tmp_path, "", cgroup_subtree_control="cpu memory")
    a_group(tmp_path, "session", cgroup_controllers="memory", cgroup_procs="1\n2", memory_max="1000000")
    assert list(find_places(a_machine(tmp_path, "0::/session\n", V2))) == []


@pytest.mark.parametrize("others", ["", "1\n"], ids=["ours alone", "with others in it"])
def test_a_group_that_was_delegated_is_used_when_nobody_else_is_in_it(tmp_path: Path, others: str) -> None:
    a_group(tmp_path, "scope", cgroup_controllers="memory pids", cgroup_procs=f"{others}{os.getpid()}")
    found = [place.folder for place in find_places(a_machine(tmp_path, "0::/scope\n", V2))]
    assert found == ([] if others else [f"{tmp_path}/top/scope"])
    if not others:
        handed_on = (tmp_path / "top/scope/cgroup.subtree_control").read_text(encoding="utf-8")
        assert handed_on == "+memory"


def test_file_systems_in_memory_are_told_by_their_devices(tmp_path: Path) -> None:
    mounts = "30 29 0:27 / /tmp rw - tmpfs tmpfs rw\n31 29 8:1 / / rw - ext4 /dev/sda1 rw\n"
    assert memory_devices(a_machine(tmp_path, "", mounts)) == [os.makedev(0, 27)]
