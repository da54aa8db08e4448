"""Which words an answer hangs on: leave each out and see what becomes of the answer."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from textkind.mistakes.judged import shortened
from textkind.text.inputs import Text, readable

Proba = Callable[[Sequence[Text]], np.ndarray]

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]+")
_MOST_PARTS = 256  # of a text that are left out one at a time; beyond that words go out in runs
_FEWEST_PARTS = 8
_CHARACTERS = 2_000_000  # of all the copies of one text
_BATCH = 512  # copies that are answered at once
_LONGEST_WORD = 60  # characters that a document repeats
_SMALLEST = 1e-12  # a probability of 0 or 1 would make the log-odds infinite


@dataclass(frozen=True)
class Part:
    """A word (or, in very long texts, a run of words) and what it does for the answer.

    Attributes:
        side: 0, or 1 for the other text of a pair.
        start, end: where it stands in that text, in characters.
        weight: by how much the log-odds of the answer fall when it is left out; below 0 it speaks against.
    """

    side: int
    start: int
    end: int
    weight: float


def occlusion(proba: Proba, texts: Sequence[Text], columns: Sequence[int] | None = None) -> list[list[Part]]:
    """Weigh the words of texts by leaving each out (Zeiler and Fergus, 2014; Li et al., 2016).

    It needs nothing but probabilities, and so explains every method alike. Words that say the same
    stand in for each other: if either can be left out, both weigh little.

    Args:
        proba: texts -> probabilities (n, k), such as `classifier.predict_proba`.
        texts: m texts or pairs.
        columns: of each text the label to be explained; None: the most probable one.

    Returns:
        The words of each text in reading order.

    >>> def glad(texts):
    ...     p = np.array([0.9 if "glad" in text else 0.2 for text in texts])
    ...     return np.column_stack([p, 1 - p])
    >>> parts, = occlusion(glad, ["I am glad"])
    >>> [("I am glad"[part.start:part.end], round(part.weight, 1)) for part in parts]
    [('I', 0.0), ('am', 0.0), ('glad', 3.6)]
    """
    whole = proba(texts)
    chosen = whole.argmax(axis=1) if columns is None else np.asarray(columns)
    spans = [_spans(text) for text in texts]
    copies = (without(text, [span]) for text, own in zip(texts, spans, strict=True) for span in own)
    columns_of_copies = [column for column, own in zip(chosen, spans, strict=True) for _ in own]
    after = _log_odds_of(proba, copies, columns_of_copies)
    explained, at = [], 0
    for row, own in enumerate(spans):
        before = log_odds(whole[row, chosen[row]])
        weights = before - after[at : at + len(own)]
        explained.append([Part(*span, float(weight)) for span, weight in zip(own, weights, strict=True)])
        at += len(own)
    return explained


def log_odds(proba: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), finite at 0 and 1."""
    clipped = np.clip(proba, _SMALLEST, 1 - _SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)


def without(text: Text, spans: Sequence[tuple[int, int, int]]) -> Text:
    """A text or pair with a space in the place of each span (side, start, end).

    >>> without("so very sad", [(0, 3, 7)])
    'so   sad'
    """
    parts = [text] if isinstance(text, str) else list(text)
    for side, start, end in sorted(spans, reverse=True):
        parts[side] = f"{parts[side][:start]} {parts[side][end:]}"
    return parts[0] if isinstance(text, str) else (parts[0], parts[1])


def placed(text: Text, parts: Sequence[Part]) -> list[dict]:
    """The parts for JSON: the words, and where they stand in `readable(text)`.

    >>> placed(("one", "two"), [Part(1, 0, 3, 0.5)])
    [{'text': 'two', 'side': 1, 'start': 6, 'end': 9, 'weight': 0.5}]
    """
    own = (text,) if isinstance(text, str) else text
    starts = (0, len(readable((own[0], ""))))
    return [
        {
            "text": shortened(own[part.side][part.start : part.end], _LONGEST_WORD),
            "side": part.side,
            "start": starts[part.side] + part.start,
            "end": starts[part.side] + part.end,
            "weight": part.weight,
        }
        for part in parts
    ]


def _spans(text: Text) -> list[tuple[int, int, int]]:
    """Side, start and end of each word; neighbours are put together where there are too many."""
    parts = (text,) if isinstance(text, str) else text
    words = [(side, *found.span()) for side, part in enumerate(parts) for found in _WORD.finditer(part)]
    length = max(1, sum(map(len, parts)))
    most = min(_MOST_PARTS, max(_FEWEST_PARTS, _CHARACTERS // length))
    run = -(-len(words) // most) or 1
    spans = []
    for side in range(len(parts)):
        own = [word for word in words if word[0] == side]
        runs = [own[start : start + run] for start in range(0, len(own), run)]
        spans += [(side, group[0][1], group[-1][2]) for group in runs]
    return spans


def _log_odds_of(proba: Proba, copies: Iterator[Text], columns: Sequence[int]) -> np.ndarray:
    found, at = [np.zeros(0)], 0
    while batch := list(islice(copies, _BATCH)):
        answers = proba(batch)
        found.append(log_odds(answers[np.arange(len(batch)), columns[at : at + len(batch)]]))
        at += len(batch)
    return np.concatenate(found)
