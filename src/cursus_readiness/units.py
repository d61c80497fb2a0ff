"""Values for people: storage is SI base units, and this is where they become MiB, % and minutes, on one line."""

from __future__ import annotations

import math
import re

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
_BYTE_UNITS = (("GiB", GIB), ("MiB", MIB), ("KiB", KIB))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def format_bytes(value: float | None) -> str:
    """Bytes with a binary unit, three significant digits or so; ``None`` and NaN are *not measured*."""
    if value is None or math.isnan(value):
        return "not measured"
    for unit, size in _BYTE_UNITS:
        if abs(value) >= size:
            return f"{_three_digits(value / size)} {unit}"
    return f"{value:.0f} B"


def format_bracket(value: float | None, lower: float | None, upper: float | None) -> str:
    """Bytes with their bounds, all in the unit of the value: ``612 [610-620] MiB``; bounds that tell no more are left.

    ``None`` and NaN are *not measured*.
    """
    if value is None or math.isnan(value):
        return "not measured"
    unit, size = next((pair for pair in _BYTE_UNITS if abs(value) >= pair[1]), ("B", 1))
    shown, low, high = (None if number is None else _three_digits(number / size) for number in (value, lower, upper))
    if low is None or high is None or (low == shown == high):
        return f"{shown} {unit}"
    return f"{shown} [{low}-{high}] {unit}"


def format_seconds(value: float | None) -> str:
    """A duration: ``350 ms``, ``4.2 s``, ``3 min 05 s``, ``2 h 10 min``; ``None`` and NaN are *not measured*."""
    if value is None or math.isnan(value):
        return "not measured"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def format_ratio(value: float | None) -> str:
    """A share as a percentage; ``None`` and NaN are *not measured*."""
    if value is None or math.isnan(value):
        return "not measured"
    percent = value * 100
    return f"{percent:.0f} %" if percent == 0 or abs(percent) >= 10 else f"{percent:.1f} %"


def format_count(value: float | None) -> str:
    """A number without a unit; ``None`` and NaN are *not measured*."""
    if value is None or math.isnan(value):
        return "not measured"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def one_line(text: str) -> str:
    """Text that cannot break a line, colour a terminal or turn its direction."""
    return _CONTROL.sub(" ", text)


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
