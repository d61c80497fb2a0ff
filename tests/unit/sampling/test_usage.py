"""What a step used."""

from __future__ import annotations

from typing import Any

import pytest

from builders import FakeClock, ScriptedProbe, a_reading
from cursus_readiness.model.result import Usage
from cursus_readiness.sampling.probe import ProcessMemory
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.units import MIB

KERNEL: dict[str, Any] = {
    "wall_s": 2.0, "cpu_s": 1.5, "max_rss_bytes": 50 * MIB, "read_bytes": 10, "written_bytes": 20
}  # fmt: skip


def usage(*readings: Any, pss_bytes: int | None = None, **kernel: Any) -> Usage:
    clock = FakeClock(0.0)
    sampler = Sampler(ScriptedProbe(readings or [None], pss_bytes), clock)
    for _ in readings:
        clock.advance(0.5)
        sampler.tick()
    return usage_of(sampler, **{**KERNEL, **kernel})


def test_totals_are_those_of_the_kernel() -> None:
    found = usage(a_reading(cpu_s=0.1, read_bytes=1, written_bytes=2))
    assert (found.cpu_s, found.read_bytes, found.written_bytes, found.largest_process_bytes) == (1.5, 10, 20, 50 * MIB)


def test_samples_are_counted_over_the_time_that_passed() -> None:
    found = usage(a_reading(), a_reading())
    assert (found.sample_count, found.cadence_hz) == (2, 1.0)


@pytest.mark.parametrize(
    ("reading", "pss_bytes", "kernel", "peak", "method"),
    [
        pytest.param({"rss_bytes": 80}, None, 50, 80, "RSS", id="a single process, sampled higher"),
        pytest.param({"rss_bytes": 40}, None, 50, 50, "HWM: kernel", id="a single process, a spike between samples"),
        pytest.param({"rss_bytes": 90, "process_count": 2}, 70, 50, 70, "PSS", id="a tree with PSS"),
        pytest.param(
            {"rss_bytes": 90, "process_count": 2}, 30, 50, 50, "HWM: kernel", id="a tree below its largest process"
        ),
        pytest.param(
            {"rss_bytes": 90, "process_count": 2}, None, 50, 90, "RSS: sum over the process tree", id="a tree, no PSS"
        ),
        pytest.param({"rss_bytes": 80}, None, None, 80, "RSS", id="without the kernel's word"),
    ],
)
def test_the_peak_is_the_best_that_is_known(
    reading: dict[str, int], pss_bytes: int | None, kernel: int | None, peak: int, method: str
) -> None:
    found = usage(a_reading(**reading), pss_bytes=pss_bytes, max_rss_bytes=kernel)
    assert found.peak_memory_bytes == peak
    assert found.peak_memory_method
    assert found.peak_memory_method.startswith(method)


def test_a_step_too_short_to_be_sampled_has_the_kernels_word() -> None:
    found = usage()
    assert (found.sample_count, found.cadence_hz, found.peak_rss_bytes, found.io_wait_ratio) == (0, None, None, None)
    assert (found.peak_memory_bytes, found.peak_process_count) == (50 * MIB, None)
    assert found.peak_memory_method
    assert found.peak_memory_method.startswith("HWM: kernel")


def test_nothing_measured_is_nothing_known() -> None:
    found = usage(wall_s=None, cpu_s=None, max_rss_bytes=None, read_bytes=None, written_bytes=None)
    values = found.model_dump(exclude={"sample_count", "sampler_cpu_s", "is_cpu_lower_bound"})
    assert set(values.values()) == {None}


@pytest.mark.parametrize(("waiting", "ratio"), [((0, 0), 0.0), ((0, 3), 0.5), ((1, 1), 1.0)])
def test_waiting_for_storage_is_a_share_of_samples(waiting: tuple[int, ...], ratio: float) -> None:
    assert usage(*(a_reading(waiting_count=count) for count in waiting)).io_wait_ratio == ratio


def test_the_peak_number_of_processes_is_kept() -> None:
    assert usage(a_reading(process_count=1), a_reading(process_count=7), a_reading()).peak_process_count == 7


def a_tree(size: int, window: int, files: int) -> Any:
    """Two processes of so many MiB, the first with a spike."""
    one = ProcessMemory(1, size * MIB, window * MIB, window * MIB, file_bytes=files * MIB, shmem_bytes=0)
    two = ProcessMemory(2, size * MIB, size * MIB, size * MIB, file_bytes=files * MIB, shmem_bytes=0)
    return a_reading(rss_bytes=2 * size * MIB, process_count=2, processes=(one, two))


def test_the_peak_has_bounds_and_what_must_fit_apart() -> None:
    found = usage(a_tree(100, 150, 10))
    assert (found.peak_memory_bytes, found.peak_memory_lower_bytes) == (240 * MIB, 150 * MIB)
    assert (found.peak_memory_upper_bytes, found.peak_anonymous_bytes) == (250 * MIB, 230 * MIB)
    assert found.largest_process_bytes == 150 * MIB
    assert found.peak_memory_line == "HWM 240 [150-250] MiB, 0 Hz"


def test_a_spike_that_only_the_end_tells_of_must_fit_as_well() -> None:
    found = usage(a_tree(100, 100, 10), max_rss_bytes=500 * MIB)
    assert (found.peak_memory_bytes, found.peak_memory_upper_bytes) == (500 * MIB, 500 * MIB)
    assert found.peak_anonymous_bytes == 490 * MIB


@pytest.mark.parametrize(
    ("group", "likely", "upper"),
    [
        pytest.param(900, 240, 250, id="page cache is in it: tells no more"),
        pytest.param(235, 240, 245, id="a tighter bound"),
        pytest.param(200, 210, 210, id="the estimate was too large"),
        pytest.param(20, 150, 150, id="never below what one process had"),
    ],
)
def test_the_peak_of_a_cgroup_tightens_the_bounds(group: int, likely: int, upper: int) -> None:
    found = usage(a_tree(100, 150, 10), cgroup_peak_bytes=group * MIB)
    assert found.cgroup_peak_bytes == group * MIB
    assert (found.peak_memory_bytes, found.peak_memory_upper_bytes) == (likely * MIB, upper * MIB)


def test_totals_that_may_lack_children_are_a_lower_bound() -> None:
    assert not usage(a_reading()).is_cpu_lower_bound
    assert usage(a_reading(is_cpu_lower_bound=True), a_reading()).is_cpu_lower_bound
    assert usage(a_reading(), is_cpu_lower_bound=True).is_cpu_lower_bound
