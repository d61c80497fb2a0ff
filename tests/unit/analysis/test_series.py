"""Thinned samples keep what was measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cursus_readiness.analysis.series import MOST_POINTS, step_series
from cursus_readiness.units import MIB


def samples(count: int, **columns: Any) -> dict[str, Any]:
    plain = {
        "elapsed_s": np.arange(count) * 0.1,
        "cpu_ratio": np.zeros(count),
        "rss_bytes": np.full(count, 10.0 * MIB),
        "pss_bytes": np.full(count, math.nan),
    }
    return {**plain, **columns}


@pytest.mark.parametrize("found", [{}, samples(0)], ids=["nothing stored", "no tick"])
def test_without_samples_there_is_no_series(found: dict[str, Any]) -> None:
    assert step_series("s", "t", found) is None


@pytest.mark.parametrize(
    ("count", "is_thinned"), [(1, False), (MOST_POINTS, False), (MOST_POINTS + 1, True), (100_000, True)]
)
def test_only_long_series_are_thinned(count: int, is_thinned: bool) -> None:
    series = step_series("s", "t", samples(count))
    assert series
    assert series.sample_count == count
    assert (len(series.elapsed_s) < count) is is_thinned
    assert len(series.elapsed_s) <= MOST_POINTS + 2


def test_memory_is_pss_where_it_was_read() -> None:
    series = step_series("s", "t", samples(3, pss_bytes=np.array([math.nan, 5.0, math.nan])))
    assert series
    assert series.memory_bytes == (10 * MIB, 5, 10 * MIB)


def test_a_single_spike_is_never_lost() -> None:
    for place in (1, 777, 4999):
        cpu = np.zeros(5000)
        cpu[place] = 3.5
        series = step_series("s", "t", samples(5000, cpu_ratio=cpu))
        assert series
        assert max(series.cpu_ratio) == 3.5
        assert series.elapsed_s[series.cpu_ratio.index(3.5)] == round(place * 0.1, 3)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 1500))
def test_the_extremes_and_the_ends_are_those_measured(data: st.DataObject, count: int) -> None:
    rss = data.draw(arrays.arrays(np.float64, count, elements=st.integers(0, 2**40).map(float), fill=st.just(1e6)))
    cpu = data.draw(arrays.arrays(np.float64, count, elements=st.floats(0, 64), fill=st.just(1.0)))
    series = step_series("s", "t", samples(count, rss_bytes=rss, cpu_ratio=cpu))
    assert series
    assert len(series.elapsed_s) == len(series.memory_bytes) == len(series.cpu_ratio)
    assert (max(series.memory_bytes), min(series.memory_bytes)) == (int(rss.max()), int(rss.min()))
    assert (max(series.cpu_ratio), min(series.cpu_ratio)) == (round(cpu.max(), 3), round(cpu.min(), 3))
    assert (series.elapsed_s[0], series.elapsed_s[-1]) == (0.0, round((count - 1) * 0.1, 3))
    assert list(series.elapsed_s) == sorted(series.elapsed_s)
