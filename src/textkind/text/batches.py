"""Group texts of like length into batches that hold about the same number of tokens."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

_SORTED_TOGETHER = 50  # batches


def token_budget_batches(lengths: Sequence[int], budget: int) -> Iterator[np.ndarray]:
    """Yield the row numbers of each batch, the one with the longest text first.

    A batch padded to its longest row holds at most `budget` tokens (or one row that is longer).
    Longest first, so that a batch too large for the memory fails at once and not in an hour; the
    others in a mixed order, so that the time left can be told from the time spent.

    >>> [batch.tolist() for batch in token_budget_batches([3, 9, 4], budget=9)]
    [[1], [2, 0]]
    """
    order = np.argsort(np.asarray(lengths), kind="stable")[::-1]
    starts = [0]
    while starts[-1] < len(order):
        starts.append(starts[-1] + max(1, budget // max(1, int(lengths[order[starts[-1]]]))))
    batches = [order[start:end] for start, end in pairwise(starts)]
    yield from batches[:1]
    yield from (batches[1 + number] for number in np.random.default_rng(0).permutation(len(batches[1:])))


def length_grouped(lengths: np.ndarray, batch_size: int, *, seed: Sequence[int]) -> np.ndarray:
    """Order rows so that each `batch_size` of them, one after the other, are of like length.

    Rows are mixed, sorted within groups of some batches only, and the batches mixed again: an order near to
    a random one with little padding. The batch with the longest row comes first, so that one that is too
    large for the memory fails at once; a batch that is not full comes last.

    >>> length_grouped(np.array([3, 9, 3, 9, 1]), 2, seed=[0]).tolist()
    [3, 1, 2, 0, 4]
    """
    random = np.random.default_rng(seed)
    mixed = random.permutation(len(lengths))
    group = batch_size * _SORTED_TOGETHER
    parts = [mixed[start : start + group] for start in range(0, len(mixed), group)]
    order = np.concatenate([part[np.argsort(-lengths[part], kind="stable")] for part in parts])
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    full, rest = batches[: len(order) // batch_size], batches[len(order) // batch_size :]
    longest = max(range(len(full)), key=lambda number: lengths[full[number]].max(), default=0)
    others = [number for number in random.permutation(len(full)) if number != longest]
    return np.concatenate([*full[longest : longest + 1], *(full[number] for number in others), *rest])


def rounded(length: int, most: int) -> int:
    """A length a little above, so that batches come in few sizes: at most a sixteenth more, `most` at most.

    >>> [rounded(length, 512) for length in (25, 70, 500)]
    [25, 72, 512]
    """
    step = 1 << max(0, (length // 16).bit_length() - 1)
    return max(length, min(-(-length // step) * step, most))


def pad(ids: Sequence[Sequence[int]], pad_id: int, width: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return ids and attention mask, both (rows, longest or `width`) int64, padded on the right."""
    longest = width or max(1, *map(len, ids))  # of an empty text may be nothing left
    padded = np.full((len(ids), longest), pad_id, np.int64)
    mask = np.zeros((len(ids), longest), np.int64)
    for row, tokens in enumerate(ids):
        padded[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return padded, mask
