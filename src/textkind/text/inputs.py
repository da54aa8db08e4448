"""Check that what a caller hands over is texts or pairs of texts."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from textkind.errors import DataError

Text = str | tuple[str, str]


def check_texts(texts: Sequence) -> list[Text]:
    """Return `texts` as a list of strings, or of 2-tuples when they are pairs.

    Args:
        texts: n strings, or n pairs (tuple, list or an (n, 2) array) in a list, tuple, NumPy
            array, pandas Series or anything else that can be walked through.

    Raises:
        DataError: not a collection, a value that is not a text, or strings mixed with pairs.

    >>> check_texts(["one", "two"])
    ['one', 'two']
    >>> check_texts([["a question", "its answer"]])
    [('a question', 'its answer')]
    """
    if isinstance(texts, str | bytes) or not hasattr(texts, "__iter__"):
        raise DataError(
            f"expected a list of texts, found {type(texts).__name__}: write [text] for a single one"
        )
    found = [
        encodable(value) if isinstance(value, str) else _pair(value, row) for row, value in enumerate(texts)
    ]
    if len({type(value) for value in found}) > 1:
        raise DataError("expected either texts or pairs of texts, found both in one list")
    return found


def encodable(text: str) -> str:
    """A text without half surrogate pairs, which neither UTF-8 nor a tokenizer can hold: they become "?"."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text  # itself, not a copy: there may be a million


def are_pairs(texts: Sequence[Text]) -> bool:
    """Whether checked `texts` are pairs; an empty list is not."""
    return len(texts) > 0 and isinstance(texts[0], tuple)


def sides(texts: Sequence[Text]) -> list[list[str]]:
    """Checked `texts` as one list of strings, or as two when they are pairs."""
    if not are_pairs(texts):
        return [[text for text in texts if isinstance(text, str)]]
    return [[pair[0] for pair in texts], [pair[1] for pair in texts]]


def every_side(texts: Sequence[Text]) -> list[str]:
    """Checked `texts` as one list of strings: of pairs, the first sides and then the others."""
    return [text for side in sides(texts) for text in side]


def readable(text: Text) -> str:
    """A text as it is; of a pair, both sides with an arrow between them."""
    return text if isinstance(text, str) else " ⟷ ".join(text)


def text_id(text: Text) -> str:
    """A name for a text that any process finds again: 16 hex digits of its sha256.

    >>> text_id("hello")
    '5aa762ae383fbb72'
    """
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()[:16]


def _pair(value: Any, row: int) -> tuple[str, str]:
    parts = list(value) if isinstance(value, Iterable) and not isinstance(value, bytes) else []
    if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise DataError(
            f"expected a text or a pair of texts in row {row}, found {type(value).__name__} "
            f"{str(value)[:40]!r}: turn it into str, or drop the row"
        )
    return encodable(parts[0]), encodable(parts[1])
