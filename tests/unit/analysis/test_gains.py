"""Whether a saving is more than noise, and what a larger input needs."""

from __future__ import annotations

import pytest

from cursus_readiness.analysis.gains import gain_of
from cursus_readiness.analysis.scaling import predict


@pytest.mark.parametrize(
    ("baseline", "changed", "is_proven"),
    [
        pytest.param([100, 101, 99], [70, 71, 70], True, id="far beyond noise"),
        pytest.param([100, 101, 99], [96, 96, 96], False, id="less than 5 %"),
        pytest.param([100, 120, 80], [70, 71, 70], False, id="a noisy baseline"),
        pytest.param([100, 100, 100], [60, 90, 75], False, id="noisy runs"),
        pytest.param([100, 100], [50, 50], False, id="too few runs"),
        pytest.param([100, 100, 100], [130, 130, 130], False, id="worse"),
    ],
)
def test_a_saving_counts_beyond_noise(baseline: list[float], changed: list[float], is_proven: bool) -> None:
    assert gain_of(baseline, changed).is_proven is is_proven


def test_a_straight_line_is_predicted_within_its_interval() -> None:
    points = [(size, 80 + 30 * size * (1 + 0.01 * (-1) ** number)) for number in (0, 1) for size in (1.0, 2.0, 4.0)]
    found = predict(points, 8.0)
    assert found.value == pytest.approx(320, rel=0.05)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < 320 < found.upper


def test_what_does_not_grow_is_the_same_at_every_size() -> None:
    found = predict([(1, 100.0), (2, 101.0), (4, 100.5)], 8)
    assert found.value == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        pytest.param([(1, 1.0), (2, 2.0)], "measured at 2 sizes", id="two sizes"),
        pytest.param([], "measured at 0 sizes", id="nothing was measured"),
        pytest.param([(1, 10.0), (2, 40.0), (4, 160.0)], "grows faster", id="grows with the square"),
        pytest.param([(1, 10.0), (2, 30.0), (4, 20.0)], "straight line", id="up and down"),
        pytest.param([(1, 30.0), (2, 20.0), (4, 10.0)], "does not grow", id="shrinks"),
        pytest.param([(1, 10.0), (2, 22.0), (4, 36.0)], "too wide", id="too few runs for their noise"),
    ],
)
def test_nothing_is_said_where_the_fit_is_not_good_enough(points: list[tuple[float, float]], said: str) -> None:
    found = predict(points, 8)
    assert found.value is None
    assert said in (found.problem or "")
