"""Groups of rows by the columns of the data; numbers are cut into ranges."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from textkind.data.dataset import Dataset
from textkind.errors import DataError

LEAST = 20  # rows of a slice, and outside it
MISSING = "(missing)"
_MOST = 30  # groups of a column that nobody asked for: each is a test more to be corrected for
_PARTS = 4  # ranges of numbers


def grouped(dataset: Dataset, by: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the group of each row of the splits that may be looked at, by column.

    A column makes groups if it has two values or more, with 20 rows each on average. Where nobody named
    columns it must not have more than 30, nor repeat the labels under other names. Numbers with more values
    are cut into quartiles if they were named, and else passed over: most are ids.

    Args:
        dataset: with the columns as metadata.
        by: the columns to group by; empty: all that make groups.

    Raises:
        DataError: a column in `by` makes no groups.

    >>> rows = {"train": (["good", "bad"] * 40, ["pos", "neg"] * 40)}
    >>> data = Dataset.of(rows, metadata={"train": {"source": ["web"] * 40 + ["phone"] * 40}})
    >>> grouped(data)["source"][39:41]
    ['web', 'phone']
    """
    splits = dataset.open_splits()
    shared = [name for name in splits[0].metadata if all(name in split.metadata for split in splits)]
    columns = {name: [value for split in splits for value in split.metadata[name]] for name in by or shared}
    if by:
        return {name: _asked(name, values) for name, values in columns.items()}
    labels = [str(label) for split in splits for label in dataset.labels.name(split.targets)]
    filled = {name: _filled(values) for name, values in columns.items()}
    return {
        name: values
        for name, values in filled.items()
        if 2 <= len(set(values)) <= min(_MOST, len(values) // LEAST) and not _same(values, labels)
    }


def _asked(name: str, values: Sequence[str | None]) -> list[str]:
    """The groups of a column that was named."""
    filled = _filled(values)
    n, found = len(filled), len(set(filled))
    groups = (_ranges(values) if found > min(_MOST, n // LEAST) else None) or filled
    sizes = Counter(groups).values()
    if len(sizes) > max(2, n // LEAST) or not any(LEAST <= size <= n - LEAST for size in sizes):
        advice = (
            "name another column" if found < 3 else "write one with fewer values, such as months of dates"
        )
        raise DataError(
            f"cannot look for slices by the column {name!r}: expected numbers, or values with {LEAST} rows "
            f"each on average, one of them in {LEAST} rows and not in {LEAST} others; found {found:,} "
            f"of them in {n:,} rows, the most frequent in {max(sizes):,}; {advice}"
        )
    return groups


def _filled(values: Sequence[str | None]) -> list[str]:
    return [MISSING if value is None else value for value in values]


def _same(values: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether each value goes with one label and each label with one value."""
    return len(set(zip(values, labels, strict=True))) == len(set(values)) == len(set(labels))


def _ranges(values: Sequence[str | None]) -> list[str]:
    """Each number's quartile, such as `3 to 7`; an empty list if not all values are numbers."""
    known = [value for value in values if value is not None]
    try:
        numbers = np.array([float(value) for value in known])
    except ValueError:
        return []
    if not known or not np.isfinite(numbers).all():
        return []
    edges = np.quantile(numbers, np.linspace(0, 1, _PARTS + 1)[1:-1], method="higher")
    bins = np.searchsorted(np.unique(edges), numbers, side="left")  # a number on an edge belongs below it
    names = {}
    for part in np.unique(bins):
        own = np.flatnonzero(bins == part)
        low, high = own[numbers[own].argmin()], own[numbers[own].argmax()]
        names[part] = known[low] if numbers[low] == numbers[high] else f"{known[low]} to {known[high]}"
    found = iter(bins)
    return [MISSING if value is None else names[next(found)] for value in values]
