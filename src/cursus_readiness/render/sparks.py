"""Small lines without a library: a figure from run to run as one path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT, EDGE = 240.0, 40.0, 4.0


class Spark(NamedTuple):
    """Paths in a box of ``WIDTH`` by ``HEIGHT``; ``lonely`` are values without a neighbour, which no line joins."""

    line: str
    lonely: Sequence[tuple[float, float]]
    last: tuple[float, float] | None
    shifts: Sequence[tuple[float, float]]


class Strip(NamedTuple):
    """One mark per run; each kind has a shape of its own."""

    passed: str
    failed: str
    unknown: str


def spark(values: Sequence[float | None], shifts: Sequence[int] = ()) -> Spark:
    """A line from zero to the largest value; where nothing was measured it is broken; ``shifts`` are places to mark."""
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    spots = [
        None if value is None else (_x(place, len(values)), round(HEIGHT - EDGE - value / top * (HEIGHT - 2 * EDGE), 1))
        for place, value in enumerate(values)
    ]
    line, lonely = [], []
    for place, spot in enumerate(spots):
        if spot is None:
            continue
        is_start = place == 0 or spots[place - 1] is None
        is_end = place == len(spots) - 1 or spots[place + 1] is None
        if is_start and is_end:
            lonely.append(spot)
        else:
            line.append(f"{'M' if is_start else 'L'}{spot[0]:g} {spot[1]:g}")
    marked = [spot for place in shifts if (spot := spots[place]) is not None]
    return Spark("".join(line), lonely, next((spot for spot in reversed(spots) if spot), None), marked)


def strip(outcomes: Sequence[bool | None]) -> Strip:
    """Passed is a short tick at the foot, failed a full one, unknown a gap with a dot."""
    marks: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    shapes = {True: "M{x:g} 36V24", False: "M{x:g} 36V4", None: "M{x:g} 35.9V36"}
    for place, outcome in enumerate(outcomes):
        marks[outcome].append(shapes[outcome].format(x=_x(place, len(outcomes))))
    return Strip(*("".join(marks[outcome]) for outcome in (True, False, None)))


def _x(place: int, count: int) -> float:
    """The newest value stands at the right edge."""
    return round(WIDTH - EDGE - (count - 1 - place) * (WIDTH - 2 * EDGE) / max(count - 1, 19), 1)
