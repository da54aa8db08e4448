"""What can be learned from the targets of some rows: which columns, and how to deal the rows evenly."""

import numpy as np


def learned_columns(targets: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns that have something to learn, and the probability (k,) of each of the others.

    A label that no row has gets probability 0; in multi-label data a label that all rows or none have gets
    that share. If a single label is all there is, nothing can be learned.

    Args:
        targets: (n,) column numbers below `k`, or an (n, k) 0/1 matrix.

    >>> learned_columns(np.array([0, 2, 2]), 3)
    (array([0, 2]), array([0., 0., 0.]))
    >>> learned_columns(np.array([1, 1]), 3)
    (array([], dtype=int64), array([0., 1., 0.]))
    """
    if targets.ndim == 2:
        share = targets.mean(axis=0)
        return np.flatnonzero((share > 0) & (share < 1)), share
    learned, constant = np.unique(targets), np.zeros(k)
    if len(learned) == 1:
        constant[learned] = 1.0
        learned = learned[:0]
    return learned, constant


def strata(targets: np.ndarray) -> list[int]:
    """Each row's label; of several, the rarest, and -1 for none."""
    if targets.ndim == 1:
        return targets.tolist()
    counts = targets.sum(axis=0)
    found = (np.flatnonzero(row) for row in targets)
    return [int(min(here, key=lambda one: (counts[one], one))) if len(here) else -1 for here in found]
