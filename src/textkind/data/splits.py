"""Split rows, or deal them to folds, so that equal texts fall on one side and every label is on all."""

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


def deal_folds(texts: Sequence, strata: Sequence[int], folds: int, *, seed: int) -> list[int]:
    """Give each row the number of a fold, for cross-validation on training rows.

    Stratified and duplicate-safe: rows whose texts are equal after folding case and spaces are in one fold.

    Args:
        texts: n texts or pairs.
        strata: what is to be spread evenly, one value per row, such as its label's number.
        folds: at most that many; there are fewer where there are fewer different texts.
        seed: of the shuffle.

    Raises:
        DataError: all texts are equal.

    >>> deal_folds(["a", "b", "A", "c"], [0, 0, 0, 1], 2, seed=0)
    [0, 1, 0, 1]
    """
    groups: dict[object, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        groups[folded(text)].append(row)
    if len(groups) < 2:
        raise DataError("cross-validation needs two different texts or more, found one: add rows")
    of_stratum: dict[int, list[list[int]]] = defaultdict(list)
    for members in groups.values():
        of_stratum[strata[members[0]]].append(members)
    number = [0] * len(texts)
    sizes = [0] * min(folds, len(groups))
    shuffle = random.Random(seed)  # noqa: S311 - a reproducible split, not a secret
    for stratum in sorted(of_stratum):
        shuffle.shuffle(of_stratum[stratum])
        here = [0] * len(sizes)
        for members in of_stratum[stratum]:
            fold = min(range(len(sizes)), key=lambda one: (here[one], sizes[one]))
            here[fold] += len(members)
            sizes[fold] += len(members)
            for row in members:
                number[row] = fold
    return number


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
