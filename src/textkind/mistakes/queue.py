"""The order in which rows are best reviewed: where a look is most likely to change a label."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from textkind.data.splits import folded
from textkind.mistakes.disagreements import Disagreement
from textkind.mistakes.judged import Judged
from textkind.mistakes.wrong_labels import WrongLabels

# How likely a label is wrong if a text that is almost the same has another one. About half of such labels
# are, but the scores are far too low as probabilities, and this has their scale (docs/experiments.md)
_WITNESS = 1 / 16


@dataclass(frozen=True)
class Item:
    """One row to be reviewed.

    Attributes:
        split, row, id: where it is, and its text's fingerprint.
        text: cut.
        label: as given.
        answered: by the model that has not seen the row.
        suggested: what the label is most likely if it is wrong.
        score: how likely the label is wrong, 0 to 1; for an order, it is no calibrated probability.
        gain: labels of this text that a review is expected to change.
        reasons: why it stands where it does, in words.
    """

    split: str
    row: int
    id: str
    text: str
    label: str | list[str]
    answered: str | list[str]
    suggested: str | list[str]
    score: float
    gain: float
    reasons: tuple[str, ...]

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {**asdict(self), "reasons": list(self.reasons)}


@dataclass(frozen=True, eq=False)
class Queue:
    """All rows in the order of review.

    Attributes:
        order: (n,) numbers of the judged rows.
        scores: (n,) how likely the label of each row is wrong.
        gains: (n,) labels that a review of the row's text is expected to change.
    """

    judged: Judged
    wrong: WrongLabels
    order: np.ndarray
    scores: np.ndarray
    gains: np.ndarray
    reasons: Sequence[Sequence[str]]

    def items(self, rows: int) -> list[Item]:
        """The first rows of the queue."""
        return [self._item(int(number)) for number in self.order[:rows]]

    def _item(self, number: int) -> Item:
        row = self.judged.row(number)
        suggested = self.judged.labels.name(self.wrong.suggested[number : number + 1])[0]
        reasons = [*self.reasons[number], f"doubt {self.wrong.scores[number]:.2f}"]
        return Item(
            **{key: row[key] for key in ("split", "row", "id", "text", "label", "answered")},
            suggested=suggested,
            score=float(self.scores[number]),
            gain=float(self.gains[number]),
            reasons=tuple(reasons),
        )


def review_queue(judged: Judged, wrong: WrongLabels, found: Sequence[Disagreement]) -> Queue:
    """Order rows by the labels that a review of their text is expected to change; one text's rows together.

    The expectation is the sum of the probabilities that the rows of a text are wrong. Of rows of one text
    with two labels one is wrong for sure, so that it is 1 at least. A text that is almost the same and has
    another label adds to what the model says; the nearest text counts.

    Args:
        judged: the rows to review.
        wrong: what confident learning says of them.
        found: texts that disagree, nearest first as `disagreements` gives them; rows that are not judged are
            witnesses only.

    >>> from textkind.labels import LabelSet
    >>> from textkind.mistakes.wrong_labels import wrong_labels
    >>> proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    >>> judged = Judged(["a", "b", "c"], np.array([0, 1, 1]), proba, LabelSet(("x", "y")))
    >>> review_queue(judged, wrong_labels(judged), []).order.tolist()[0]
    1
    """
    right = 1 - wrong.scores
    sure: set[int] = set()
    reasons: list[list[str]] = [[] for _ in range(len(judged))]
    for one in found:
        here = [
            number for row in one.rows if (number := judged.index.get((row.split, row.number))) is not None
        ]
        same = "the same text" if one.equal else f"almost the same text (similarity {one.similarity:.2f})"
        for number in here:
            if not reasons[number]:  # the nearest comes first; ten copies of one text are one witness
                reasons[number].append(f"{same} has another label")
                right[number] *= 1 - _WITNESS * one.similarity
        if one.equal:
            sure |= set(here)
    texts: dict[object, list[int]] = defaultdict(list)
    for number, text in enumerate(judged.texts):
        texts[folded(text)].append(number)
    scores, gains, group = 1 - right, np.zeros(len(judged)), np.zeros(len(judged), np.int64)
    for members in texts.values():
        expected = float(scores[members].sum())
        gains[members] = max(1.0, expected) if sure & set(members) else expected
        group[members] = members[0]
    order = np.lexsort((-scores, group, -gains))
    return Queue(judged, wrong, order, scores, gains, reasons)
