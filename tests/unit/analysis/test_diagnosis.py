"""The right diagnosis for programs of which the answer is known, and none for those without a flaw."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from builders import a_step, a_usage, some_evidence
from cursus_readiness.analysis.diagnosis import diagnose, is_diagnosable, with_diagnoses
from cursus_readiness.analysis.growth import growth_of
from cursus_readiness.analysis.lines import fit_line
from cursus_readiness.audits.performance.unbounded_growth import UnboundedGrowth
from cursus_readiness.model.diagnosis import Growth
from cursus_readiness.units import MIB
from workloads import diagnosed

SHARES = "memory is shared"
ANSWERS = {
    "single thread": {"single-threaded"},
    "oversubscribed threads": {"oversubscribed-threads"},
    "idle waiter": {"idle-cpu"},
    "storage, written": {"io-wait"},
    "storage, read": {"io-wait"},
    "leak of 50 MB a minute": {"single-threaded", "unbounded-growth"},
    "fork pool": {SHARES},
    "clean": set[str](),
    "clean, warms up": set[str](),
}
LONG = {"leak of 50 MB a minute": 9.0, "clean, warms up": 8.0}


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="with one CPU nothing is single-threaded")
@pytest.mark.parametrize("program", ANSWERS)
def test_a_program_gets_its_diagnosis_and_no_other(program: str, tmp_path: Path) -> None:
    found, advice = diagnosed(program, LONG.get(program, 3.0), tmp_path)
    assert found is not None
    said = {str(item.audit) for item in advice} | ({SHARES} if found.shares_memory else set())
    assert said == ANSWERS[program], found
    for item in advice:
        assert item.evidence
        assert item.confidence in ("low", "medium", "high")
        assert item.effort in ("low", "medium", "high")


@pytest.mark.slow
def test_a_run_of_a_fifth_of_a_second_gets_no_advice(tmp_path: Path) -> None:
    assert diagnosed("single thread", 0.2, tmp_path) == (None, [])


def grown(slope_mb_per_minute: float, *, seconds: float = 60.0, noise_bytes: float = 0.0, until: float = 1.0) -> Growth:
    """The growth of a hand-made series at 10 Hz that rises until that part of its time."""
    elapsed = np.arange(1, int(seconds * 10)) / 10
    noise = np.random.default_rng(4).normal(0, noise_bytes, len(elapsed)) if noise_bytes else 0.0
    memory = 100 * MIB + slope_mb_per_minute * 1e6 / 60 * np.minimum(elapsed, until * seconds) + noise
    found = growth_of(elapsed, memory)
    assert found is not None
    return found


def is_warned(growth: Growth | None) -> bool:
    samples = {
        "elapsed_s": np.arange(100.0),
        "cpu_ratio": np.ones(100),
        "rss_bytes": np.full(100, 1e8),
        "waiting_count": np.zeros(100),
        "process_count": np.ones(100),
        "thread_count": np.ones(100),
    }
    step = a_step(wall_s=100.0)
    found = diagnose(step, samples, 4)
    assert found is not None
    leaky = step.model_copy(update={"diagnosis": found.model_copy(update={"growth": growth})})
    return bool(list(UnboundedGrowth().evaluate(some_evidence(leaky))))


def test_the_slope_of_a_leak_is_told_with_its_interval() -> None:
    found = grown(50, noise_bytes=1e6)
    assert found.slope_lower_bytes_per_s < 50e6 / 60 < found.slope_upper_bytes_per_s
    assert found.slope_bytes_per_s == pytest.approx(50e6 / 60, rel=0.1)


@pytest.mark.parametrize(
    ("growth", "expected"),
    [
        pytest.param(grown(50), True, id="a leak"),
        pytest.param(grown(50, noise_bytes=2e6), True, id="a leak in noise"),
        pytest.param(grown(50, seconds=9), True, id="a short look at a leak"),
        pytest.param(grown(50, seconds=4), False, id="too short to tell"),
        pytest.param(grown(500, until=0.5), False, id="a warm-up"),
        pytest.param(grown(0, noise_bytes=5e6), False, id="noise"),
        pytest.param(grown(2), False, id="next to nothing"),
        pytest.param(grown(-50), False, id="memory is given back"),
        pytest.param(None, False, id="not measured"),
    ],
)
def test_only_steady_growth_until_the_end_is_a_leak(growth: Growth | None, expected: bool) -> None:
    assert is_warned(growth) is expected


def test_memory_that_is_taken_and_given_back_is_no_leak() -> None:
    elapsed = np.arange(600) / 10
    saw = 1e8 + 5e7 * (elapsed % 5)
    assert not is_warned(growth_of(elapsed, saw))


def test_few_samples_tell_nothing() -> None:
    assert growth_of(np.array([]), np.array([])) is None
    assert growth_of(np.arange(12.0), np.ones(12)) is None
    assert diagnose(a_step(), {}, 2) is None
    assert not is_diagnosable(a_step(wall_s=0.2))
    assert not is_diagnosable(a_step(usage=a_usage(sample_count=9)))


def test_threads_that_nobody_counted_are_told_from_cpu_time() -> None:
    columns = {
        name: np.full(20, value)
        for name, value in (("cpu_ratio", 0.9), ("waiting_count", 0), ("process_count", 1), ("thread_count", 3))
    }
    columns |= {"elapsed_s": np.arange(1.0, 21.0), "rss_bytes": np.full(20, 1e8)}
    step = a_step(offset_s=1.0, process_offset_s=1.5)
    found = with_diagnoses(some_evidence(step).scenario, lambda _name: columns, 2).steps[0].diagnosis
    assert found is not None
    assert (found.computing_ratio, found.idle_ratio, found.runnable_threads) == (1.0, 0.0, None)
    assert found.staging_s == 0.5
    assert not found.shares_memory


def test_a_line_needs_two_places() -> None:
    with pytest.raises(ValueError, match="different places"):
        fit_line([1.0, 1.0], [2.0, 3.0])


def test_the_interval_of_two_points_is_all_there_is() -> None:
    assert fit_line([1.0, 2.0], [1.0, 3.0]).slope_interval() == (float("-inf"), float("inf"))
