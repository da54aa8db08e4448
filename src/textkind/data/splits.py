"""Split rows so that equal texts fall on one side and every label is on both."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from textkind.data.cleaning import Rows
from textkind.errors import DataError, listed


def split_rows(rows: Rows, shares: dict[str, float], *, seed: int) -> dict[str, Rows]:
    """Divide `rows` at random into "train" and the splits in `shares`.

    Stratified by label (of a row with several, its rarest) and duplicate-safe: rows whose texts are
    equal after folding case and spaces stay together.

    Args:
        rows: cleaned rows.
        shares: split name -> share of the rows, such as `{"validation": 0.1, "test": 0.1}`.
        seed: of the shuffle.

    Raises:
        DataError: a label has a single row, so that it cannot be on both sides.
    """
    counts = Counter(one for label in rows.labels for one in _several(label))
    _check_singles(counts)
    groups: dict[object, list[int]] = defaultdict(list)
    for row, text in enumerate(rows.texts):
        groups[folded(text)].append(row)
    strata: dict[str, list[list[int]]] = defaultdict(list)
    for members in groups.values():
        rarest = min(_several(rows.labels[members[0]]), key=lambda one: (counts[one], one), default="")
        strata[rarest].append(members)
    side = ["train"] * len(rows.texts)
    shuffle = random.Random(seed)  # noqa: S311 - a reproducible split, not a secret
    for stratum in sorted(strata):
        shuffle.shuffle(strata[stratum])
        _deal(strata[stratum], shares, side)
    return {name: rows.keep([at == name for at in side]) for name in ("train", *shares)}


def folded(text: object) -> object:
    """A text, or pair, without differences in case and spacing."""
    if isinstance(text, tuple):
        return tuple(folded(part) for part in text)
    return " ".join(str(text).casefold().split())


def _deal(groups: Sequence[list[int]], shares: dict[str, float], side: list[str]) -> None:
    """Put whole groups on each split until it has its share; a group is always left to train."""
    left = list(groups)
    rows = sum(map(len, groups))
    for name, share in shares.items():
        wanted, got = max(1, round(share * rows)), 0
        while got < wanted and len(left) > 1:
            group = left.pop()
            got += len(group)
            for row in group:
                side[row] = name


def _several(label: str | list[str]) -> list[str]:
    return [label] if isinstance(label, str) else label


def _check_singles(counts: Counter[str]) -> None:
    single = sorted(name for name, count in counts.items() if count == 1)
    if single:
        raise DataError(
            f"expected two rows or more of every label to split the data, found one row of "
            f"{listed(single)}: add rows, merge the label into another, drop it, or give "
            "train and validation as files of their own"
        )
