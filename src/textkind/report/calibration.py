"""Calibration: of the answers given with 80 %, are 80 % right?"""

from dataclasses import dataclass

import numpy as np

from textkind.report.intervals import Estimate, wilson

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Answers of about the same probability: the mean of what was said, and the share that was right."""

    said: float
    right: Estimate


@dataclass(frozen=True)
class Calibration:
    """How far probabilities can be taken at their word.

    Attributes:
        bins: from the least sure answers to the surest, of about equal size.
        error: the mean distance between said and right, weighted by rows (expected calibration error).
    """

    bins: tuple[Bin, ...]
    error: float

    def to_dict(self) -> dict:
        """The figures for JSON."""
        return {
            "error": self.error,
            "bins": [{"said": one.said, "right": one.right.to_dict()} for one in self.bins],
        }


def calibrate(proba: np.ndarray, truth: np.ndarray, *, several: bool = False) -> Calibration:
    """Compare the probabilities of answers with how often they were right.

    Bins hold equally many answers rather than equal ranges, so that none is empty (Nguyen and O'Connor,
    *Posterior calibration and exploratory analysis*, 2015).

    Args:
        proba: (n, k).
        truth: (n, k) boolean.
        several: each of the n * k decisions counts with the probability of its "yes" or "no", whichever it
            was; else each row with the probability of its answer.

    >>> proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    >>> found = calibrate(proba, np.array([[1, 0], [0, 1], [0, 1], [0, 1]], bool))
    >>> [(round(one.said, 2), one.right.value) for one in found.bins]
    [(0.6, 1.0), (0.7, 1.0), (0.8, 0.0), (0.9, 1.0)]
    """
    if several:
        said = np.maximum(proba, 1 - proba).ravel()
        right = ((proba >= 0.5) == truth).ravel()
    else:
        rows, answered = np.arange(len(proba)), proba.argmax(axis=1)
        said, right = proba[rows, answered], truth[rows, answered]
    order = np.argsort(said, kind="stable")
    bins = [
        Bin(float(said[part].mean()), wilson(int(right[part].sum()), len(part)))
        for part in np.array_split(order, BINS)
        if len(part)
    ]
    error = sum(one.right.n * abs(one.said - (one.right.value or 0)) for one in bins) / len(said)
    return Calibration(tuple(bins), float(error))
