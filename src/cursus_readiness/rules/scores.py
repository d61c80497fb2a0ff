"""A histogram of a model's scores, with the labels and what can be told from both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cursus_readiness.rules.measures import Misses, numbers
from cursus_readiness.rules.reading import Piece

BINS = 10_000
CALIBRATION_BINS = 10
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores in one column, the labels (0 or 1) in another, and columns that add up to 1, if there are such."""

    score: str
    label: str | None
    low: float
    high: float
    classes: tuple[str, ...] = ()

    def start(self) -> _Scoring:
        """Begin a pass."""
        return _Scoring(self)


@dataclass(slots=True)
class ScoreProfile:
    """What a pass found. ``counts`` are by label (0, 1) and bin; without a label all rows are under 0."""

    row_count: int = 0
    missing_count: int = 0
    unlabelled_count: int = 0
    counts: Any = None
    sums: Any = None
    outside: Misses = field(default_factory=Misses)
    unequal: Misses = field(default_factory=Misses)

    @property
    def commonest_share(self) -> float:
        """The largest share of rows with (nearly) the same score."""
        total = self.counts.sum()
        return float(self.counts.sum(axis=0).max() / total) if total else 1.0

    def auc(self) -> float | None:
        """The area under the ROC curve, ties counting half; ``None`` where one of the two labels is not there."""
        negative, positive = self.counts
        if not negative.sum() or not positive.sum():
            return None
        below = negative.cumsum() - negative
        wins = float((positive * (below + negative / 2)).sum())
        return wins / float(negative.sum() * positive.sum())

    def calibration_error(self) -> float:
        """Mean distance between score and observed share over ten bins, weighted by their rows."""
        per_bin = BINS // CALIBRATION_BINS
        scores = self.sums.reshape(CALIBRATION_BINS, per_bin).sum(axis=1)
        hits = self.counts[1].reshape(CALIBRATION_BINS, per_bin).sum(axis=1)
        return float(abs(scores - hits).sum() / max(self.counts.sum(), 1))


class _Scoring:
    def __init__(self, wanted: Scores) -> None:
        import numpy as np

        self._wanted = wanted
        self._found = ScoreProfile(counts=np.zeros((2, BINS)), sums=np.zeros(BINS))

    def add(self, piece: Piece) -> None:
        import numpy as np

        wanted, found = self._wanted, self._found
        column = piece.column(wanted.score)
        scores = numbers(column)
        is_there = np.isfinite(scores)
        found.row_count += len(scores)
        found.missing_count += int((~is_there).sum())
        is_inside = is_there & (scores >= wanted.low) & (scores <= wanted.high)
        found.outside.add(piece, np.flatnonzero(is_there & ~is_inside), column)
        labels = numbers(piece.column(wanted.label)) if wanted.label else np.zeros(len(scores))
        is_labelled = (labels == 0) | (labels == 1)
        found.unlabelled_count += int((~is_labelled).sum())
        kept = is_inside & is_labelled
        places = ((scores[kept] - wanted.low) / (wanted.high - wanted.low) * BINS).astype(int).clip(0, BINS - 1)
        for label in (0, 1):
            found.counts[label] += np.bincount(places[labels[kept] == label], minlength=BINS)
        found.sums += np.bincount(places, scores[kept], minlength=BINS)
        if wanted.classes:
            total = sum(numbers(piece.column(name)) for name in wanted.classes)
            found.unequal.add(piece, np.flatnonzero(~(abs(total - 1) <= _ROUNDING)), column)

    def result(self) -> ScoreProfile:
        return self._found
