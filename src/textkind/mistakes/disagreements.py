"""Equal and nearly equal texts that carry different labels."""

from dataclasses import dataclass

from textkind.data.audit import Audit, Row
from textkind.data.dataset import SEALED
from textkind.mistakes.judged import shortened


@dataclass(frozen=True)
class Disagreement:
    """Rows of one text, or of two that are almost the same, with different labels.

    Attributes:
        rows: of all splits.
        similarity: of the texts, 1 if they are equal after folding case and spaces.
    """

    rows: tuple[Row, ...]
    similarity: float

    @property
    def equal(self) -> bool:
        """Whether it is one text."""
        return self.similarity == 1

    def to_dict(self) -> dict:
        """Everything for JSON; labels of the sealed test split stay untold, so that nobody copies them."""
        return {
            "similarity": self.similarity,
            "rows": [
                {
                    "split": row.split,
                    "row": row.number,
                    "text": shortened(row.text),
                    "label": None if row.split == SEALED else _plain(row.label),
                }
                for row in self.rows
            ],
        }


def disagreements(audit: Audit) -> list[Disagreement]:
    """Return texts with more than one label, then pairs of near-duplicates that disagree, nearest first.

    The audit sees the test split too: a training row that says otherwise than a test row is worth a look,
    whichever of them is right.

    >>> from textkind import Dataset
    >>> data = Dataset.of({"train": (["So sad", "so  sad", "fine"], ["sadness", "anger", "joy"])})
    >>> [[row.label for row in one.rows] for one in disagreements(Audit(data))]
    [['sadness', 'anger']]
    """
    equal = [Disagreement(tuple(rows), 1.0) for rows in audit.conflicts]
    near = [
        Disagreement((*left, *right), min(similarity, 0.9999))  # 1 is for one text
        for left, right, similarity in audit.near
        if {row.label for row in left} != {row.label for row in right}
    ]
    return equal + sorted(near, key=lambda one: -one.similarity)


def _plain(label: object) -> object:
    return list(label) if isinstance(label, tuple) else label
