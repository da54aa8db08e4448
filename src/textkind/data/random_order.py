"""A random order of rows that is the same for every Run, reviewer and machine."""

import hashlib
from collections.abc import Sequence

import numpy as np

from textkind.text.inputs import Text, text_id


def random_order(places: Sequence[tuple[str, int]], texts: Sequence[Text]) -> np.ndarray:
    """Return the rows in the order of a hash that knows neither labels nor models.

    Each row's hash is of itself alone: rows that are missing, because corrections dropped them, leave the
    order of the others as it is, and nobody can draw again until a sample pleases. The first m rows are a
    simple random sample.

    Args:
        places: n splits and numbers, as they were before any correction.
        texts: the n texts or pairs.

    Returns:
        (n,) numbers of the rows.

    >>> random_order([("train", 0), ("train", 1), ("validation", 0)], ["a", "b", "a"]).tolist()
    [1, 0, 2]
    """
    hashes = [
        hashlib.sha256(f"{split}\n{row}\n{text_id(text)}".encode()).digest()
        for (split, row), text in zip(places, texts, strict=True)
    ]
    return np.array(sorted(range(len(hashes)), key=hashes.__getitem__), dtype=np.int64)
