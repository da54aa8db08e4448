"""Judged: rows with the probabilities of a model that has not learned from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from textkind.data.corrections import Correction, origins
from textkind.data.dataset import Dataset
from textkind.errors import DataError
from textkind.labels import LabelSet
from textkind.report.report import Report
from textkind.text.inputs import Text, readable, text_id

SHOWN = 500  # characters of a text that a document holds
Place = tuple[str, int]  # a split and the row's number in it


@dataclass(frozen=True, eq=False)
class Judged:
    """Rows, their labels as given, and what a model that has not seen them answers.

    Args:
        texts: n texts or pairs.
        targets: the labels as given, (n,) column numbers or an (n, k) 0/1 matrix.
        proba: (n, k) out-of-sample probabilities: of a model that learned from other rows.
        labels: the LabelSet.
        places: split and number of each row; None: all are of train, in order.
        groups: column -> group of each row, such as `{"source": ["web", ...]}`, to look for slices by.
        new_labels: those of the labels that corrections added to the data.

    Raises:
        DataError: no rows, or arrays that do not fit together.

    >>> labels = LabelSet(("ham", "spam"))
    >>> proba = np.array([[0.9, 0.1], [0.6, 0.4]])
    >>> judged = Judged(["hello", "buy now"], np.array([0, 1]), proba, labels)
    >>> judged.wrong.tolist(), judged.row(1)["answered"]
    ([False, True], 'ham')
    """

    texts: Sequence[Text]
    targets: np.ndarray
    proba: np.ndarray
    labels: LabelSet
    places: Sequence[Place] | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    new_labels: Sequence[str] = ()

    @classmethod
    def of(
        cls, dataset: Dataset, proba: np.ndarray, groups: Mapping[str, Sequence[str]] | None = None
    ) -> Self:
        """All rows that may be looked at, with the numbers that they had before corrections dropped some.

        Args:
            dataset: with the corrections that were applied on its card.
            proba: out-of-sample probabilities of these rows.
            groups: of these rows, by column, see `textkind.mistakes.groups`.
        """
        splits = dataset.open_splits()
        decided = [Correction(**one) for one in dataset.card.corrections]
        return cls(
            texts=[text for split in splits for text in split.texts],
            targets=np.concatenate([split.targets for split in splits]),
            proba=proba,
            labels=dataset.labels,
            places=[(split.name, row) for split in splits for row in origins(split, decided)],
            groups=groups or {},
            new_labels=dataset.card.new_labels,
        )

    def __post_init__(self) -> None:
        if self.places is None:
            object.__setattr__(self, "places", [("train", row) for row in range(len(self.texts))])
        lengths = (len(self.targets), len(self.places or ()))
        if lengths != (len(self.texts),) * 2:
            raise DataError(
                f"expected one target and one place for each of the {len(self.texts)} texts, found "
                f"{lengths[0]} targets and {lengths[1]} places"
            )
        odd = next((name for name, own in self.groups.items() if len(own) != len(self.texts)), None)
        if odd is not None:
            raise DataError(
                f"expected one group for each of the {len(self.texts)} texts, found {len(self.groups[odd])} "
                f"in {odd!r}"
            )
        _ = self.report  # checks the shape of the probabilities

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def report(self) -> Report:
        """The figures of these rows."""
        return Report(self.texts, self.targets, self.proba, self.labels, method="", split="judged")

    @cached_property
    def truth(self) -> np.ndarray:
        """(n, k) boolean: the labels as given."""
        return self.report.truth

    @cached_property
    def answers(self) -> np.ndarray:
        """(n, k) boolean: the labels answered."""
        return self.report.answers

    @cached_property
    def wrong(self) -> np.ndarray:
        """(n,) boolean: the answer is not the label as given."""
        return (self.truth != self.answers).any(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """(n,) probability of the answer; with several labels that of the least sure of the decisions."""
        if self.labels.multi_label:
            return np.maximum(self.proba, 1 - self.proba).min(axis=1)
        return self.proba.max(axis=1)

    @cached_property
    def loss(self) -> np.ndarray:
        """(n,) minus the log of the given label's probability, see `Report.loss`."""
        return self.report.loss

    @cached_property
    def index(self) -> dict[Place, int]:
        """Place -> number of the row here."""
        return {place: row for row, place in enumerate(self.places or ())}

    def row(self, number: int) -> dict:
        """One row for JSON: place, fingerprint, text (cut), label, answer, confidence and loss."""
        split, row = (self.places or ())[number]
        only = slice(number, number + 1)
        return {
            "split": split,
            "row": row,
            "id": text_id(self.texts[number]),
            "text": shortened(self.texts[number]),
            "label": self.labels.name(self.targets[only])[0],
            "answered": self.labels.answers(self.proba[only])[0],
            "confidence": float(self.confidence[number]),
            "loss": float(self.loss[number]),
        }

    def rows(self, numbers: Sequence[int] | np.ndarray) -> list[dict]:
        """Several rows for JSON."""
        return [self.row(int(number)) for number in numbers]


def shortened(text: Text, most: int = SHOWN) -> str:
    """The beginning of a text, of a pair as `readable` joins it; nothing is escaped here.

    >>> shortened("a long story", 6)
    'a lon…'
    """
    whole = readable(text)
    return whole if len(whole) <= most else whole[: most - 1] + "…"
