"""Intervals: Wilson's for shares, the bootstrap for everything made of several shares."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

RESAMPLES = 2000
CONFIDENCE = 0.95
_CELLS = 4_000_000  # counts of one block of resamples that are held at once


@dataclass(frozen=True)
class Estimate:
    """A figure, its 95 % interval, and the number of rows it rests on; None where n is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def to_dict(self) -> dict:
        """The figures for JSON."""
        return asdict(self)


def wilson(successes: int, n: int) -> Estimate:
    """A share with Wilson's interval (Wilson, 1927), which holds near 0 and 1 and for small n.

    >>> wilson(8, 10)
    Estimate(value=0.8, low=0.4901..., high=0.9433..., n=10)
    """
    from scipy.stats import binomtest

    if n == 0:
        return Estimate(None, None, None, 0)
    bounds = binomtest(int(successes), int(n)).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(successes / n, float(bounds.low), float(bounds.high), int(n))


def percentile(value: float, resampled: np.ndarray, n: int) -> Estimate:
    """A figure with the middle 95 % of its resampled values (Efron, 1979)."""
    seen = resampled[~np.isnan(resampled)]
    if n == 0 or np.isnan(value) or not len(seen):
        return Estimate(None, None, None, int(n))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(seen, [tail, 1 - tail])
    return Estimate(float(value), float(low), float(high), int(n))


def by_influence(value: float, influence: np.ndarray) -> Estimate:
    """A figure with a normal interval from what each row pulls at it (infinitesimal jackknife; Efron, 1982).

    Args:
        value: of a figure that lies between 0 and 1.
        influence: (n,) its derivative by the weight of each row, times n; the mean is 0.

    >>> ones = np.array([0, 0, 1, 1] * 25)
    >>> by_influence(0.5, ones - 0.5)
    Estimate(value=0.5, low=0.402..., high=0.597..., n=100)
    """
    from scipy.stats import norm

    half = norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt(np.mean(influence**2) / len(influence))
    return Estimate(float(value), float(max(0, value - half)), float(min(1, value + half)), len(influence))


@dataclass(frozen=True)
class Outcomes:
    """The rows of an evaluation, equal ones counted once.

    Resampling rows with replacement is the same as drawing how often each distinct outcome occurs, so
    that the bootstrap costs the number of distinct outcomes and not of rows.

    Attributes:
        sides: boolean matrices (m, k): the truth, then the answers of one method or more.
        counts: (m,) rows that share the outcome.
    """

    sides: tuple[np.ndarray, ...]
    counts: np.ndarray

    @classmethod
    def of(cls, *memberships: np.ndarray) -> Self:
        """Group the rows of boolean matrices (n, k) of the truth and of one method or more."""
        k = memberships[0].shape[1]
        packed = np.packbits(np.hstack(memberships), axis=1)
        _, first, counts = np.unique(packed, axis=0, return_index=True, return_counts=True)
        return cls(tuple(side.reshape(-1, k)[first] for side in memberships), counts)

    @property
    def n(self) -> int:
        """Rows in all."""
        return int(self.counts.sum())

    def resample(
        self, statistic: Callable[[np.ndarray], np.ndarray], *, seed: int, resamples: int = RESAMPLES
    ) -> np.ndarray:
        """Return `statistic` of each resample, stacked.

        Args:
            statistic: counts (b, m) -> figures (b, ...).
            seed: of the draws.
            resamples: how many.
        """
        blocks = self._draws(np.random.default_rng(seed), resamples)
        return np.concatenate([statistic(counts) for counts in blocks])

    def _draws(self, rng: np.random.Generator, resamples: int) -> Iterator[np.ndarray]:
        block = max(1, min(resamples, _CELLS // max(1, len(self.counts))))
        for start in range(0, resamples, block):
            size = min(block, resamples - start)
            yield rng.multinomial(self.n, self.counts / self.n, size=size)
