"""The pairs of labels that are confused most, with examples."""

from dataclasses import dataclass

import numpy as np

from textkind.mistakes.judged import Judged
from textkind.report.intervals import Estimate, wilson


@dataclass(frozen=True)
class Confusion:
    """Rows of one label that were answered with another.

    Attributes:
        label, answered: the names.
        rows: how many.
        share: of the rows of `label`, with its interval.
        examples: rows for JSON, the surest mistakes first.
    """

    label: str
    answered: str
    rows: int
    share: Estimate
    examples: list[dict]

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {
            "label": self.label,
            "answered": self.answered,
            "rows": self.rows,
            "share": self.share.to_dict(),
            "examples": self.examples,
        }


def confusions(judged: Judged, *, pairs: int = 10, examples: int = 3) -> list[Confusion]:
    """Return the pairs of labels with the most mistakes between them, the largest first.

    With several labels a text, a row counts for each label that it lacks in the answer beside each that
    it has too much.

    Args:
        judged: the rows.
        pairs: at most that many.
        examples: of each.

    >>> from textkind.labels import LabelSet
    >>> proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]])
    >>> found = confusions(Judged(["a", "b", "c"], np.array([0, 1, 1]), proba, LabelSet(("x", "y"))))
    >>> [(one.label, one.answered, one.rows) for one in found]
    [('y', 'x', 1)]
    """
    missed, added = judged.truth & ~judged.answers, judged.answers & ~judged.truth
    counts = missed.T.astype(np.int64) @ added.astype(np.int64)
    support = judged.truth.sum(axis=0)
    found = []
    for cell in np.argsort(-counts, axis=None, kind="stable")[:pairs]:
        label, answered = divmod(int(cell), len(judged.labels))
        if not counts[label, answered]:
            break
        rows = np.flatnonzero(missed[:, label] & added[:, answered])
        surest = rows[np.argsort(-judged.proba[rows, answered], kind="stable")][:examples]
        found.append(
            Confusion(
                label=judged.labels.names[label],
                answered=judged.labels.names[answered],
                rows=len(rows),
                share=wilson(len(rows), int(support[label])),
                examples=judged.rows(surest),
            )
        )
    return found
