"""The figure that checkpoints and settings are chosen by: the same one as in a Report."""

import numpy as np


def macro_f1(targets: np.ndarray, answers: np.ndarray) -> float:
    """The mean F1 of the labels that are true or answered somewhere; 0 if there are none.

    Args:
        targets: (n,) numbers, or an (n, k) 0/1 matrix.
        answers: of the same shape.

    >>> macro_f1(np.array([0, 0, 3]), np.array([0, 3, 3]))
    0.6666666666666666
    """
    if targets.ndim == 1:
        numbers = np.union1d(targets, answers)
        truth, answered = targets[:, None] == numbers, answers[:, None] == numbers
    else:
        truth, answered = targets > 0, answers > 0
    hits, rows = (truth & answered).sum(axis=0), truth.sum(axis=0) + answered.sum(axis=0)
    there = rows > 0
    return float((2 * hits[there] / rows[there]).sum() / max(1, there.sum()))
