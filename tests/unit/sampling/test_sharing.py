"""The peak of a tree whose processes share memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import a_reading
from cursus_readiness.sampling.probe import ProcessMemory, Reading, Share
from cursus_readiness.sampling.sharing import TreeMemory
from cursus_readiness.units import MIB

IMAGE = (4096, 8192)


def process(pid: int, size: int, *, window: int | None = None, faults: int = 0, **more: int) -> ProcessMemory:
    """A process of so many MiB; forks of one another have the same image."""
    found = ProcessMemory(pid, size * MIB, (size if window is None else window) * MIB, fault_count=faults * 256)
    found.highest_bytes = found.window_bytes
    found.file_bytes, found.shmem_bytes = more.get("files", 0) * MIB, more.get("shmem", 0) * MIB
    return found


def fork(*args: int, **more: int) -> ProcessMemory:
    """Likewise; ``faults`` is in MiB of pages."""
    return replace(process(*args, **more), image=IMAGE)


def reading(*processes: ProcessMemory) -> Reading:
    return a_reading(
        process_count=len(processes), rss_bytes=sum(item.rss_bytes for item in processes), processes=processes
    )


def share(item: ProcessMemory, pss: int, **more: int) -> Share:
    return Share(
        item.pid,
        item.rss_bytes,
        pss * MIB,
        more.get("pss_file", 0) * MIB,
        more.get("pss_shmem", 0) * MIB,
        item.file_bytes or 0,
        item.shmem_bytes or 0,
        item.fault_count,
    )


def peak(memory: TreeMemory) -> tuple[int, int, int]:
    found = memory.peak()
    assert found
    return found.likely_bytes // MIB, found.lower_bytes // MIB, found.upper_bytes // MIB


def test_nothing_read_is_nothing_known() -> None:
    memory = TreeMemory()
    assert (memory.peak(), memory.peak_anonymous_bytes, memory.highest_process_bytes) == (None, None, None)


def test_a_single_process_is_certain_and_its_files_are_told_apart() -> None:
    memory = TreeMemory()
    memory.add(reading(process(1, 100, window=130, files=20)))
    assert peak(memory) == (130, 130, 130)
    assert memory.peak_anonymous_bytes == 110 * MIB


def test_private_memory_of_several_processes_adds_up() -> None:
    memory = TreeMemory()
    memory.add(reading(process(1, 100), process(2, 50)))
    memory.add(reading(process(1, 100)))
    assert peak(memory) == (150, 100, 150)


def test_windows_count_and_not_what_is_resident_now() -> None:
    memory = TreeMemory()
    memory.add(reading(process(1, 10, window=100), process(2, 50)))
    assert peak(memory) == (150, 100, 150)


def test_forks_add_what_their_faults_have_made_private() -> None:
    memory = TreeMemory()
    memory.add(reading(fork(1, 600)))
    memory.add(reading(fork(1, 600), fork(2, 600, faults=5), fork(3, 600, faults=7)))
    assert peak(memory) == (612, 600, 612)


def test_a_fork_that_grows_in_huge_pages_has_few_faults_and_counts_in_full() -> None:
    memory = TreeMemory()
    memory.add(reading(fork(1, 600)))
    memory.add(reading(fork(1, 600), fork(2, 600)))
    memory.add(reading(fork(1, 600), fork(2, 900)))
    assert peak(memory) == (900, 900, 900)


def test_when_its_parent_has_ended_a_fork_holds_what_they_shared() -> None:
    memory = TreeMemory()
    memory.add(reading(fork(1, 600)))
    memory.add(reading(fork(1, 600), fork(2, 600), fork(3, 600)))
    memory.add(reading(fork(2, 600), fork(3, 600, faults=100)))
    assert peak(memory) == (700, 600, 700)


def test_shared_memory_and_files_are_likely_the_same_for_all_until_pss_is_known() -> None:
    memory = TreeMemory()
    tree = reading(process(1, 510, shmem=500, files=6), process(2, 510, shmem=500, files=6))
    estimate = memory.add(tree)
    assert memory.wants_shares(estimate)
    assert peak(memory) == (514, 510, 1020)


def test_pss_corrects_the_look_at_which_it_is_read() -> None:
    memory = TreeMemory()
    one, two = process(1, 510, shmem=500), process(2, 510, shmem=500)
    memory.add(reading(one, two))
    memory.learn(reading(one, two), [share(one, 510, pss_shmem=500), share(two, 510, pss_shmem=500)])
    assert peak(memory) == (1020, 1020, 1020)  # two segments of their own
    assert memory.peak_pss_bytes == 1020 * MIB


def test_pss_corrects_earlier_looks_at_the_same_processes() -> None:
    memory = TreeMemory()
    memory.add(reading(process(1, 310, shmem=300), process(2, 310, shmem=300)))
    one, two = process(1, 250, shmem=240), process(2, 310, shmem=300)
    memory.add(reading(one, two))
    memory.learn(reading(one, two), [share(one, 130, pss_shmem=120), share(two, 190, pss_shmem=180)])
    assert peak(memory) == (380, 320, 380)


def test_after_pss_private_growth_counts_and_what_is_mapped_once_more_does_not() -> None:
    memory = TreeMemory()
    one, two = process(1, 510, shmem=500), process(2, 110, shmem=100)
    memory.add(reading(one, two))
    memory.learn(reading(one, two), [share(one, 460, pss_shmem=450), share(two, 60, pss_shmem=50)])
    memory.add(reading(process(1, 550, shmem=500), process(2, 510, shmem=500)))
    assert peak(memory)[0] == 560


@pytest.mark.parametrize(("broken", "expected"), [(200, 800), (0, 700)], ids=["copies", "churns"])
def test_how_many_faults_copy_a_page_is_learnt_from_pss(broken: int, expected: int) -> None:
    memory = TreeMemory()
    before = [fork(1, 600), fork(2, 600)]
    memory.add(reading(*before))
    memory.learn(reading(*before), [share(item, 300) for item in before])
    after = [fork(1, 600, faults=0), fork(2, 600, faults=200)]
    memory.add(reading(*after))
    memory.learn(reading(*after), [share(item, 300 + broken // 2) for item in after])
    later = [fork(1, 700, faults=100), fork(2, 600, faults=200)]
    memory.add(reading(*later))
    assert peak(memory)[0] == expected + (100 if broken else 0)


def test_a_part_of_a_known_tree_holds_no_more_than_the_whole_did() -> None:
    memory = TreeMemory()
    whole = [process(pid, 510, shmem=500) for pid in (1, 2, 3)]
    memory.add(reading(*whole))
    memory.learn(reading(*whole), [share(item, 177, pss_shmem=167) for item in whole])
    estimate = memory.add(reading(*whole[:2]))
    assert estimate.upper_bytes <= 531 * MIB


def test_a_process_that_executes_another_program_shares_no_more() -> None:
    memory = TreeMemory()
    before = [fork(1, 600), fork(2, 600)]
    memory.add(reading(*before))
    memory.learn(reading(*before), [share(item, 300) for item in before])
    memory.add(reading(fork(1, 600), process(2, 500)))
    assert peak(memory)[0] == 1100


def test_pss_of_those_that_are_left_says_nothing_of_those_that_have_ended() -> None:
    memory = TreeMemory()
    memory.add(reading(fork(1, 600)))
    memory.add(reading(fork(1, 600), fork(2, 600, faults=0)))
    tree = reading(fork(1, 600), fork(2, 600, faults=200), fork(3, 600, faults=200))
    memory.add(tree)
    memory.learn(tree, [share(tree.processes[0], 600)])
    assert peak(memory) == (1000, 600, 1000)
