"""When the sampler looks, and what it keeps."""

from __future__ import annotations

import itertools
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import FakeClock, ScriptedProbe, a_reading
from cursus_readiness.sampling import sampler as sampler_module
from cursus_readiness.sampling.probe import Share
from cursus_readiness.sampling.sampler import SAMPLE_COLUMNS, Sampler
from cursus_readiness.units import MIB


@pytest.fixture(autouse=True)
def looks_that_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(perf_counter=lambda: 0.0, thread_time=lambda: 0.0)
    monkeypatch.setattr(sampler_module, "time", free)


def watch(
    *readings: Any, seconds: float = 1.0, pss_bytes: int | None = None, **settings: Any
) -> tuple[Sampler, ScriptedProbe, list[float]]:
    """Tick whenever the sampler asks to, for so many seconds; also the instants of the ticks."""
    clock, probe = FakeClock(0.0), ScriptedProbe(readings or [a_reading()], pss_bytes)
    sampler = Sampler(probe, clock, **settings)
    ticks = []
    while sampler.next_due <= seconds:
        clock.at_s = sampler.next_due
        ticks.append(clock.at_s)
        sampler.tick()
    return sampler, probe, ticks


def gaps(ticks: list[float]) -> list[float]:
    return [round(second - first, 6) for first, second in pairwise(ticks)]


def test_the_first_look_comes_after_ten_milliseconds() -> None:
    _, _, ticks = watch()
    assert ticks[0] == pytest.approx(0.01)


def test_a_tree_that_is_cheap_to_look_at_is_looked_at_fifty_times_a_second() -> None:
    _, _, ticks = watch()
    assert gaps(ticks)[:3] == pytest.approx([0.01, 0.02, 0.02])
    assert set(gaps(ticks)[3:]) == {0.02}


def test_hours_do_not_fill_the_memory_with_samples() -> None:
    _, _, ticks = watch(seconds=120.0)
    assert gaps(ticks)[-1] == 0.05


@pytest.mark.parametrize("interval_s", [0.001, 0.05, 1.0])
def test_the_interval_is_never_exceeded(interval_s: float) -> None:
    _, _, ticks = watch(seconds=5.0, interval_s=interval_s)
    assert max(gaps(ticks)) <= interval_s + 1e-9


def test_a_short_step_has_samples() -> None:
    sampler, _, _ = watch(seconds=0.04)
    assert sampler.sample_count >= 3


def test_a_tree_without_a_process_is_looked_for_often_and_is_no_sample() -> None:
    sampler, _, ticks = watch(None, seconds=0.1)
    assert sampler.sample_count == 0
    assert set(gaps(ticks)) == {0.005}


def test_every_column_of_a_sample_is_kept() -> None:
    reading = a_reading(cpu_s=0.01, read_bytes=3, written_bytes=None, thread_count=4, waiting_count=1)
    sampler, _, _ = watch(reading, seconds=0.011)
    row = {name: values[0] for name, values in sampler.columns.items()}
    assert set(row) == set(SAMPLE_COLUMNS)
    assert row["elapsed_s"] == pytest.approx(0.01)
    assert row["cpu_ratio"] == pytest.approx(1.0)
    assert (row["rss_bytes"], row["read_bytes"], row["thread_count"], row["waiting_count"]) == (10 * MIB, 3, 4, 1)
    assert row["written_bytes"] != row["written_bytes"]  # NaN: not measured
    assert row["pss_bytes"] != row["pss_bytes"]


def test_cpu_is_the_share_since_the_last_look() -> None:
    clock, probe = FakeClock(0.0), ScriptedProbe([a_reading(cpu_s=1.0), a_reading(cpu_s=1.5), a_reading(cpu_s=1.2)])
    sampler = Sampler(probe, clock)
    for at_s in (1.0, 1.25, 1.25):
        clock.at_s = at_s
        sampler.tick()
    assert list(sampler.columns["cpu_ratio"]) == [1.0, 2.0, 0.0]
    assert sampler.cpu_growth_s() == pytest.approx(0.2)


@pytest.mark.parametrize("readings", [[None], [a_reading()]], ids=["no sample", "one sample"])
def test_growth_needs_two_samples(readings: list[Any]) -> None:
    sampler, _, _ = watch(*readings, seconds=0.011)
    assert sampler.cpu_growth_s() is None
    assert sampler.growth("read_bytes") is None


def test_growth_of_what_was_not_measured_is_not_measured() -> None:
    sampler, _, _ = watch(a_reading(read_bytes=None, written_bytes=5), a_reading(read_bytes=7, written_bytes=9))
    assert sampler.growth("read_bytes") is None
    assert sampler.growth("written_bytes") == 4


def test_samples_are_a_frame_of_numbers() -> None:
    sampler, _, _ = watch()
    frame = sampler.frame()
    assert list(frame.columns) == list(SAMPLE_COLUMNS)
    assert {str(kind) for kind in frame.dtypes} == {"float64"}
    assert len(frame) == sampler.sample_count


@pytest.mark.parametrize(
    ("rss", "is_over"), [(100 * MIB, False), (100 * MIB + 1, True)], ids=["at the limit", "a byte over"]
)
def test_the_limit_is_inclusive(rss: int, is_over: bool) -> None:
    sampler, _, _ = watch(a_reading(rss_bytes=rss), limit_bytes=100 * MIB)
    assert sampler.is_over_limit is is_over


def test_without_a_limit_nothing_is_over_it() -> None:
    sampler, _, _ = watch(a_reading(rss_bytes=1 << 50))
    assert not sampler.is_over_limit


def test_a_tree_that_shrinks_is_not_over_any_more() -> None:
    sampler, _, _ = watch(a_reading(rss_bytes=200), a_reading(rss_bytes=50), limit_bytes=100)
    assert not sampler.is_over_limit


def test_shared_pages_do_not_put_a_tree_over_its_limit() -> None:
    tree = a_reading(rss_bytes=150 * MIB, process_count=3)
    shared, _, _ = watch(tree, pss_bytes=60 * MIB, limit_bytes=100 * MIB)
    unread, _, _ = watch(tree, pss_bytes=None, limit_bytes=100 * MIB)
    assert not shared.is_over_limit
    assert unread.is_over_limit


@pytest.mark.parametrize(("limit_bytes", "late_s"), [(150 * MIB, 0.01), (None, 0.02)], ids=["limited", "not limited"])
def test_growth_towards_the_limit_is_watched_more_often(limit_bytes: int | None, late_s: float) -> None:
    clock = FakeClock(0.0)

    class Growing(ScriptedProbe):
        def read(self) -> Any:
            return a_reading(rss_bytes=int(clock.at_s * 100 * MIB))

    sampler = Sampler(Growing([None]), clock, limit_bytes=limit_bytes)
    ticks = []
    while clock.at_s < 1.501:
        clock.at_s = sampler.next_due
        sampler.tick()
        ticks.append(clock.at_s)
    assert ticks[-1] - 1.501 <= late_s
    assert sampler.is_over_limit is (limit_bytes is not None)
    assert (min(gaps(ticks)[6:]) < 0.01) is (limit_bytes is not None)


def test_a_steady_tree_is_watched_calmly_however_near_the_limit() -> None:
    _, _, ticks = watch(a_reading(rss_bytes=99 * MIB), seconds=2.0, limit_bytes=100 * MIB)
    assert set(gaps(ticks)[5:]) == {0.02}


def test_pss_is_not_read_for_a_single_process() -> None:
    sampler, probe, _ = watch(a_reading(process_count=1), pss_bytes=5)
    assert (probe.pss_reads, sampler.memory.peak_pss_bytes) == (0, None)


def test_pss_is_read_once_for_a_tree_that_does_not_grow() -> None:
    sampler, probe, _ = watch(a_reading(process_count=2), seconds=5.0, pss_bytes=7 * MIB)
    assert probe.pss_reads == 1
    assert sampler.memory.peak_pss_bytes == 7 * MIB


@pytest.mark.parametrize(("factor", "reads"), [(1.01, 1), (1.03, 2)], ids=["a little larger", "a new peak"])
def test_pss_is_read_again_at_a_new_peak(factor: float, reads: int) -> None:
    first = a_reading(process_count=2, rss_bytes=100 * MIB)
    second = a_reading(process_count=2, rss_bytes=int(100 * MIB * factor))
    _, probe, _ = watch(first, first, second, seconds=2.0, pss_bytes=60 * MIB)
    assert probe.pss_reads == reads


def test_a_peak_of_pss_stays() -> None:
    sampler, probe, _ = watch(a_reading(process_count=2, rss_bytes=100), pss_bytes=90, seconds=0.021)
    probe.readings, probe.pss_bytes = [a_reading(process_count=2, rss_bytes=200)], 80
    sampler.tick()
    assert probe.pss_reads == 2
    assert sampler.memory.peak_pss_bytes == 90


@pytest.mark.parametrize(("limit_bytes", "share"), [(None, 0.02), (1, 0.2)], ids=["usually", "over the limit"])
def test_reading_pss_takes_a_small_share_of_the_time(
    limit_bytes: int | None, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, cost_s = FakeClock(0.0), 0.01
    monkeypatch.setattr(sampler_module, "time", SimpleNamespace(perf_counter=clock.monotonic, thread_time=lambda: 0.0))

    class SlowProbe(ScriptedProbe):
        def read_shares(self) -> tuple[Share, ...] | None:
            clock.advance(cost_s)
            return super().read_shares()

    growing = [a_reading(process_count=2, rss_bytes=1000 + 50 * index) for index in range(300)]
    probe = SlowProbe(growing, 900)
    sampler = Sampler(probe, clock, limit_bytes=limit_bytes)
    while clock.at_s < 10.0:
        clock.at_s = max(sampler.next_due, clock.at_s)
        sampler.tick()
    assert probe.pss_reads > 1
    assert probe.pss_reads * cost_s <= share * clock.at_s + cost_s


def test_watching_says_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler_module, "time", SimpleNamespace(thread_time=itertools.count(0.0, 1e-4).__next__))
    sampler, _, _ = watch()
    assert sampler.cpu_s == pytest.approx(2e-4 * sampler.sample_count)
    assert sampler.elapsed_s == pytest.approx(1.0, abs=0.1)


READINGS = st.none() | st.builds(
    a_reading,
    cpu_s=st.floats(0, 100),
    rss_bytes=st.integers(0, 1 << 40),
    read_bytes=st.none() | st.integers(0, 1 << 40),
    process_count=st.integers(1, 50),
)


@given(st.lists(READINGS, min_size=1, max_size=20), st.none() | st.integers(1, 1 << 40), st.none() | st.integers(0))
def test_whatever_is_read_the_next_look_lies_ahead(readings: list[Any], limit: int | None, pss: int | None) -> None:
    clock = FakeClock(0.0)
    sampler = Sampler(ScriptedProbe(readings, pss), clock, limit_bytes=limit)
    for _ in readings:
        clock.at_s = sampler.next_due
        sampler.tick()
        assert clock.at_s < sampler.next_due <= clock.at_s + 0.02 + 1e-9
    assert sampler.sample_count == sum(reading is not None for reading in readings)
    assert len({len(values) for values in sampler.columns.values()}) == 1


def test_a_tree_that_grows_new_processes_is_left_alone_until_it_rests() -> None:
    growing = [a_reading(process_count=count, rss_bytes=count << 30) for count in (2, 3, 4)]
    sampler, probe, _ = watch(*growing, seconds=60.0, pss_bytes=7 * MIB)
    pss = list(sampler.columns["pss_bytes"])
    assert probe.pss_reads == 1
    assert all(value != value for value in pss[:3])
    assert 7 * MIB - 4 <= max(value for value in pss if value == value) <= 7 * MIB


def test_a_shape_that_psutil_gives_says_that_pss_is_not_to_be_had_once() -> None:
    sampler, probe, _ = watch(a_reading(process_count=2), seconds=5.0, pss_bytes=None)
    assert (probe.pss_reads, sampler.memory.peak_pss_bytes) == (1, None)


def test_what_the_probe_keeps_open_is_given_back() -> None:
    sampler, probe, _ = watch()
    sampler.close()
    assert probe.is_closed
    assert sampler.sample_count > 0
