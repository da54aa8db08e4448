"""Tests of many things at once: p values that stay true."""

import numpy as np

ALPHA = 0.05  # what a corrected p value has to be below


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p values corrected for their number (Holm, 1979), in the order given.

    What is below 5 % afterwards is wrong anywhere with a probability of at most 5 %, whatever hangs together.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(1, np.maximum.accumulate(steps)) if len(steps) else steps
    return corrected
