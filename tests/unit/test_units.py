"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.units import (
    GIB,
    KIB,
    MIB,
    format_bracket,
    format_bytes,
    format_count,
    format_ratio,
    format_seconds,
)


@pytest.mark.parametrize("formatter", [format_bytes, format_seconds, format_ratio, format_count])
def test_nothing_measured_is_never_shown_as_a_number(formatter: Callable[[float | None], str]) -> None:
    assert formatter(None) == "not measured"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(0, "0 B", id="zero"),
        pytest.param(KIB - 1, "1023 B", id="below a KiB"),
        pytest.param(KIB, "1 KiB", id="a KiB"),
        pytest.param(MIB, "1 MiB", id="a MiB"),
        pytest.param(1.5 * GIB, "1.5 GiB", id="a fraction of a GiB"),
        pytest.param(99 * MIB, "99 MiB", id="two digits"),
        pytest.param(100 * MIB, "100 MiB", id="three digits"),
        pytest.param(1500 * GIB, "1,500 GiB", id="thousands are grouped"),
        pytest.param(-2 * MIB, "-2 MiB", id="less than before"),
    ],
)
def test_bytes_get_a_binary_unit(value: float, shown: str) -> None:
    assert format_bytes(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(0, "0 ms", id="zero"),
        pytest.param(0.35, "350 ms", id="milliseconds"),
        pytest.param(1, "1.0 s", id="a second"),
        pytest.param(59.9, "59.9 s", id="below a minute"),
        pytest.param(60, "1 min 00 s", id="a minute"),
        pytest.param(185, "3 min 05 s", id="minutes"),
        pytest.param(3599.6, "1 h 00 min", id="rounded up to an hour"),
        pytest.param(7800, "2 h 10 min", id="hours"),
    ],
)
def test_durations_get_the_unit_that_people_use(value: float, shown: str) -> None:
    assert format_seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(0.9996, "1.0 s", id="almost a second"),
        pytest.param(59.96, "1 min 00 s", id="almost a minute"),
    ],
)
def test_rounding_never_shows_sixty_of_a_unit(value: float, shown: str) -> None:
    assert format_seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(0, "0 %", id="none"),
        pytest.param(0.012, "1.2 %", id="small"),
        pytest.param(0.1, "10 %", id="tenth"),
        pytest.param(1, "100 %", id="all"),
        pytest.param(1.5, "150 %", id="more than all"),
    ],
)
def test_ratios_are_percentages(value: float, shown: str) -> None:
    assert format_ratio(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(3, "3"), (12345, "12,345"), (0.125, "0.125"), (2.0, "2")])
def test_counts_have_no_unit(value: float, shown: str) -> None:
    assert format_count(value) == shown


@given(st.floats(min_value=0, max_value=1e18))
def test_every_size_can_be_read_back_to_three_digits(value: float) -> None:
    number, unit = format_bytes(value).split(" ")
    size = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB}[unit]
    assert float(number.replace(",", "")) * size == pytest.approx(value, rel=0.01, abs=0.51)


@given(st.floats(min_value=0, max_value=1e9))
def test_every_duration_is_shown(value: float) -> None:
    assert format_seconds(value)[0].isdigit()


@pytest.mark.parametrize(
    ("value", "lower", "upper", "shown"),
    [
        (612 * MIB, 610 * MIB, 620 * MIB, "612 [610-620] MiB"),
        (2 * GIB, 700 * MIB, 3 * GIB, "2 [0.684-3] GiB"),
        (5, 5, 5, "5 B"),
        (5 * MIB, None, None, "5 MiB"),
        (None, 1, 2, "not measured"),
    ],
)
def test_bounds_stand_beside_a_value_where_they_say_more(
    value: int | None, lower: int | None, upper: int | None, shown: str
) -> None:
    assert format_bracket(value, lower, upper) == shown
