"""Rows by loss from both ends, and mistakes that were sure apart from those that were not."""

from dataclasses import dataclass

import numpy as np

from textkind.mistakes.judged import Judged


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows in the order of their loss, and the mistakes by how sure they were.

    Attributes:
        order: (n,) row numbers, the largest loss first.
        confident: row numbers of mistakes that were as sure as right answers are on average, surest first.
        unsure: the other mistakes, the least sure first.
    """

    judged: Judged
    order: np.ndarray
    confident: np.ndarray
    unsure: np.ndarray

    def to_dict(self, rows: int = 10) -> dict:
        """The first `rows` of each list, for JSON."""
        return {
            "highest_loss": self.judged.rows(self.order[:rows]),
            "lowest_loss": self.judged.rows(self.order[::-1][:rows]),
            "confident_mistakes": len(self.confident),
            "unsure_mistakes": len(self.unsure),
            "confident": self.judged.rows(self.confident[:rows]),
            "unsure": self.judged.rows(self.unsure[:rows]),
        }


def ranking(judged: Judged) -> Ranking:
    """Order rows by loss, and part the mistakes.

    A mistake is confident if its probability reaches the mean of the right answers: a bar that moves with
    the model, because the probabilities of some methods are all low. A confident mistake is a wrong label
    or something that the model never saw; an unsure one is a hard row.

    >>> from textkind.labels import LabelSet
    >>> proba = np.array([[0.9, 0.1], [0.05, 0.95], [0.45, 0.55]])
    >>> found = ranking(Judged(["a", "b", "c"], np.array([0, 0, 0]), proba, LabelSet(("x", "y"))))
    >>> found.order.tolist(), found.confident.tolist(), found.unsure.tolist()
    ([1, 2, 0], [1], [2])
    """
    sure, wrong = judged.confidence, judged.wrong
    bar = sure[~wrong].mean() if (~wrong).any() else 0.0
    by_confidence = np.argsort(-sure, kind="stable")
    mistakes = by_confidence[wrong[by_confidence]]
    return Ranking(
        judged=judged,
        order=np.argsort(-judged.loss, kind="stable"),
        confident=mistakes[sure[mistakes] >= bar],
        unsure=mistakes[sure[mistakes] < bar][::-1],
    )
