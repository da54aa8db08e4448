"""Fit long texts into a model's limit: their head, head and tail, or all of them in windows."""

from collections.abc import Sequence
from math import ceil

LONG = ("head", "head+tail", "windows")


def pieces(ids: Sequence[int], room: int, long: str) -> list[Sequence[int]]:
    """Return the pieces of a text's token ids that a model gets, each of at most `room` tokens.

    Args:
        ids: of the text alone, without special tokens.
        room: what the limit leaves beside the special tokens.
        long: `head` cuts the end off; `head+tail` leaves out the middle (Sun et al., *How to Fine-Tune
            BERT for Text Classification*, 2019, section 5.3.1, where it beat either end alone);
            `windows` keeps everything, in consecutive pieces of about the same length.

    >>> pieces([1, 2, 3, 4, 5], 4, "head"), pieces([1, 2, 3, 4, 5], 4, "head+tail")
    ([[1, 2, 3, 4]], [[1, 2, 4, 5]])
    >>> pieces([1, 2, 3, 4, 5], 4, "windows")
    [[1, 2, 3], [4, 5]]
    """
    if len(ids) <= room:
        return [ids]
    if long == "windows":
        width = ceil(len(ids) / ceil(len(ids) / room))
        return [ids[start : start + width] for start in range(0, len(ids), width)]
    tail = room // 2 if long == "head+tail" else 0
    return [[*ids[: room - tail], *ids[len(ids) - tail :]]]
