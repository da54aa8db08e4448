"""Split rows, or deal them to folds, so that equal texts fall on one side."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from textkind.data.cleaning import Rows
from textkind.errors import DataError, listed
from textkind.labels import several


def split_rows(rows: Rows, shares: dict[str, float], *, seed: int) -> dict[str, Rows]:
    """Divide `rows` into "train" and the splits in `shares`.

    Rows whose texts are equal after folding case and spaces stay together, and so do those of one group
    where the rows have groups. Rows with times are cut by time, the newest on the last split; texts that
    come again stay where they came first. Otherwise the cut is at random, stratified by label (of rows
    with several labels, the rarest).

    Args:
        rows: cleaned rows.
        shares: split name -> share of the rows, such as `{"validation": 0.1, "test": 0.1}`.
        seed: of the shuffle.

    Raises:
        DataError: a label has a single row, so that it cannot be on both sides; or times that cannot
            be put in order.
    """
    _check_singles(Counter(one for label in rows.labels for one in several(label)))
    blocks = _together(rows)
    side = ["train"] * len(rows.texts)
    if rows.times is not None:
        _deal_by_time(blocks, _ordered(rows.times), shares, side)
    else:
        _deal_by_label(blocks, rows, shares, side, random.Random(seed))  # noqa: S311 - no secret
    return {name: rows.keep([at == name for at in side]) for name in ("train", *shares)}


def deal_folds(
    texts: Sequence, strata: Sequence[int], folds: int, *, seed: int, groups: Sequence | None = None
) -> list[int]:
    """Give each row the number of a fold, for cross-validation on training rows.

    Stratified and duplicate-safe: rows whose texts are equal after folding case and spaces are in one fold,
    and so are rows of one group.

    Args:
        texts: n texts or pairs.
        strata: what is to be spread evenly, one value per row, such as its label's number.
        folds: at most that many; there are fewer where there are fewer different texts or groups.
        seed: of the shuffle.
        groups: a value per row, such as its author; None as a value is no group.

    Raises:
        DataError: all texts are equal, or all rows are of one group.

    >>> deal_folds(["a", "b", "A", "c"], [0, 0, 0, 1], 2, seed=0)
    [0, 1, 0, 1]
    """
    blocks = _together(Rows(list(texts), list(strata), None if groups is None else list(groups)))
    if len(blocks) < 2:
        what = "texts or more" if groups is None else "texts and groups or more"
        raise DataError(f"cross-validation needs two different {what}, found one: add rows")
    of_stratum: dict[int, list[list[int]]] = defaultdict(list)
    for members in blocks:
        of_stratum[strata[members[0]]].append(members)
    number = [0] * len(texts)
    sizes = [0] * min(folds, len(blocks))
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


def _together(rows: Rows) -> list[list[int]]:
    """The rows in blocks that share a text, or a group, or a text with one that shares a group ..."""
    parent = list(range(len(rows.texts)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    def join(row: int, other: int) -> None:
        one, two = sorted((root(row), root(other)))
        parent[two] = one

    # Hashes for texts: a million folded copies would be as large as the data, and the rare collision
    # keeps two texts together that could be apart
    with_text: dict[int, int] = {}
    with_group: dict[str, int] = {}
    for row, text in enumerate(rows.texts):
        known = with_text.setdefault(hash(folded(text)), row)
        if known != row:
            join(known, row)
        if rows.groups and rows.groups[row] is not None:
            join(with_group.setdefault(repr(rows.groups[row]), row), row)
    blocks: dict[int, list[int]] = defaultdict(list)
    for row in range(len(rows.texts)):
        blocks[root(row)].append(row)
    return list(blocks.values())


def _deal_by_label(
    blocks: list[list[int]], rows: Rows, shares: dict[str, float], side: list[str], shuffle: random.Random
) -> None:
    """Put whole blocks on each split until it has its share of each label; one is always left to train."""
    counts = Counter(one for label in rows.labels for one in several(label))
    strata: dict[str, list[list[int]]] = defaultdict(list)
    for block in blocks:
        labels = {one for row in block for one in several(rows.labels[row])}
        strata[min(labels, key=lambda one: (counts[one], one), default="")].append(block)
    for stratum in sorted(strata):
        left = strata[stratum]
        shuffle.shuffle(left)
        total = sum(map(len, left))
        for name, share in shares.items():
            wanted, got = max(1, round(share * total)), 0
            while got < wanted and len(left) > 1:
                block = left.pop()
                got += len(block)
                for row in block:
                    side[row] = name


def _deal_by_time(blocks: list[list[int]], times: list, shares: dict[str, float], side: list[str]) -> None:
    """Give the newest rows to the last split; blocks that begin at the same time stay together."""
    starts: dict[Any, list[int]] = defaultdict(list)
    for block in blocks:
        starts[min(times[row] for row in block)] += block
    moments = sorted(starts)
    for name, share in reversed(shares.items()):
        wanted, got = max(1, round(share * len(side))), 0
        while got < wanted and len(moments) > 1:
            block = starts[moments.pop()]
            got += len(block)
            for row in block:
                side[row] = name


def _ordered(times: Sequence[Any]) -> list:
    """Times as values of one kind: numbers, or dates with or without a time of day.

    Raises:
        DataError: a value that is neither, or values that cannot be compared.
    """
    for kind in (float, _moment):
        try:
            found = [kind(value) for value in times]
            sorted(found)
            return found
        except (TypeError, ValueError, AttributeError):
            continue
    kinds = [_kind(value) for value in times]
    row = next(row for row, kind in enumerate(kinds) if not kind or kind != kinds[0])
    raise DataError(
        f"cannot put the times in order: row {row + 1} says {str(times[row])[:40]!r}; write all of them as "
        "numbers, or all as dates such as 2026-11-21 or 2026-11-21T09:30:00+01:00"
    )


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return datetime.fromisoformat(value.strip())


def _kind(value: Any) -> str:
    """What a time is: a number, a date, a date with a zone, or nothing that can be used."""
    for name, kind in (("number", float), ("date", _moment)):
        try:
            found = kind(value)
        except (TypeError, ValueError, AttributeError):
            continue
        return f"{name} {getattr(found, 'tzinfo', None) is not None}"
    return ""


def _check_singles(counts: Counter[str]) -> None:
    single = sorted(name for name, count in counts.items() if count == 1)
    if single:
        raise DataError(
            f"expected two rows or more of every label to split the data, found one row of "
            f"{listed(single)}: add rows, merge the label into another, drop it, or give "
            "train and validation as files of their own"
        )
