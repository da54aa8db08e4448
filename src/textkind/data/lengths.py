"""How long texts are: quantiles, and counts per bin."""

from collections.abc import Mapping, Sequence

import numpy as np

QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "p95": 0.95, "max": 1.0}
_BINS = 120


def quantiles(values: Sequence[int] | np.ndarray) -> dict[str, float]:
    """Return the `QUANTILES` of lengths by name; no lengths, no quantiles.

    >>> quantiles([1, 2, 3])["median"]
    2.0
    """
    if not len(values):
        return {}
    return dict(zip(QUANTILES, np.quantile(values, list(QUANTILES.values())).tolist(), strict=True))


def histogram(lengths: Mapping[str, np.ndarray]) -> dict:
    """Count the lengths of each split in bins of one width, a whole number.

    Returns:
        `width` of a bin, and `counts` by split: counts[i] of the lengths from i * width on.

    >>> histogram({"train": np.array([0, 1, 1, 3])})
    {'width': 1, 'counts': {'train': [1, 2, 0, 1]}}
    """
    longest = max((int(values.max(initial=0)) for values in lengths.values()), default=0)
    width = longest // _BINS + 1
    bins = longest // width + 1
    counts = {name: np.bincount(values // width, minlength=bins) for name, values in lengths.items()}
    return {"width": width, "counts": {name: found.tolist() for name, found in counts.items()}}
