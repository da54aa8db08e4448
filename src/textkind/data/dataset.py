"""Dataset: texts and targets per split, their labels, and a card; frozen."""

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from textkind.errors import DataError, SealedSplitError, listed
from textkind.labels import LabelSet
from textkind.text.inputs import Text, are_pairs, check_texts, encodable

SEALED = "test"


@dataclass(frozen=True)
class Split:
    """The rows of one split: n texts (or pairs) and their targets, see `LabelSet.ids`.

    `metadata` is what else was kept of each row: column name -> n texts, None where a value is missing.
    """

    name: str
    texts: tuple[Text, ...]
    targets: np.ndarray
    metadata: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Card:
    """Where a data set comes from and what was done to it on the way in.

    `source` is the word DATA as it was given, `location` the absolute path behind it, if it is one.
    `corrections` are the decisions about rows that were applied, see `textkind.data.corrections`, and
    `new_labels` the labels that they added to those of the data.
    """

    source: str
    location: str | None = None
    columns: dict[str, str | None] = field(default_factory=dict)
    licence: str | None = None
    notes: tuple[str, ...] = ()
    corrections: tuple[dict, ...] = ()
    new_labels: tuple[str, ...] = ()


class Dataset:
    """Texts and targets per split, a LabelSet and a card.

    The test split is sealed: `split("test")` refuses, `open_test` writes the opening down first.

    Args:
        splits: name -> Split; "train" must be there.
        labels: the labels of every split.
        card: source, columns, licence and notes.

    >>> data = Dataset.of({"train": (["good", "bad"], ["pos", "neg"])})
    >>> data.labels.names, data.sizes
    (('neg', 'pos'), {'train': 2})
    """

    def __init__(self, splits: Mapping[str, Split], labels: LabelSet, card: Card) -> None:
        if "train" not in splits:
            raise DataError(f"expected a split 'train', found {listed(splits)}")
        self._splits = dict(splits)
        self.labels = labels
        self.card = card

    @classmethod
    def of(
        cls,
        splits: Mapping[str, tuple[Sequence, Sequence]],
        *,
        labels: LabelSet | None = None,
        card: Card | None = None,
        metadata: Mapping[str, Mapping[str, Sequence]] | None = None,
    ) -> Self:
        """Build a Dataset from `{split: (texts, label names)}`.

        A label may be a list of names per text; then the data set is multi-label.

        Args:
            splits: n texts or pairs and n labels per split.
            labels: if they are known; None: those that occur.
            card: if there is more to say than that it was made in memory.
            metadata: what else is known of the rows, `{split: {column: values}}` with n values each. It
                takes no part in the fingerprint.

        Raises:
            DataError: texts that are not texts, or columns of different length.

        >>> rows = {"train": (["good", "bad"], ["pos", "neg"])}
        >>> Dataset.of(rows, metadata={"train": {"year": [2020, None]}}).split("train").metadata
        {'year': ('2020', None)}
        """
        for name, (texts, values) in splits.items():
            if len(texts) != len(values):
                raise DataError(f"split {name!r} has {len(texts)} texts but {len(values)} labels")
        every = [value for _, values in splits.values() for value in values]
        odd = next((value for value in every if not isinstance(value, str | list | tuple)), None)
        if odd is not None:
            raise DataError(f"expected labels by name, found {type(odd).__name__} {odd!r}: write str(label)")
        if labels is None:
            labels = LabelSet.collect(every, multi_label=any(not isinstance(value, str) for value in every))
        built = {}
        for name, (texts, values) in splits.items():
            kept = _metadata(name, len(texts), (metadata or {}).get(name, {}))
            built[name] = Split(name, tuple(check_texts(texts)), labels.ids(values), kept)
        return cls(built, labels, card or Card("memory"))

    @property
    def sizes(self) -> dict[str, int]:
        """Rows per split, the sealed one included."""
        return {name: len(split) for name, split in self._splits.items()}

    @property
    def pairs(self) -> bool:
        """Whether each text is a pair."""
        return are_pairs(self._splits["train"].texts)

    def split(self, name: str) -> Split:
        """Return a split by name.

        Raises:
            SealedSplitError: the test split was asked for.
            DataError: there is no such split.
        """
        if name not in self._splits:
            raise DataError(f"no split {name!r} in {self.card.source}: found {listed(self._splits)}")
        if name == SEALED:
            raise SealedSplitError(
                "the test split is sealed, so that no choice is made on it: open it with "
                "`textkind evaluate RUN --split test`, which counts the openings"
            )
        return self._splits[name]

    def open_splits(self) -> list[Split]:
        """Train, and validation if there is one: whatever may be looked at."""
        return [split for name, split in self._splits.items() if name != SEALED]

    def groups(self, name: str) -> tuple[str | None, ...] | None:
        """The group of each row, such as its author, which is never divided; None if there are none."""
        column = self.card.columns.get("group")
        return self.split(name).metadata.get(column) if column else None

    def audited_splits(self) -> dict[str, Split]:
        """Every split, the sealed one included: for audits of the data, never to choose or judge a model."""
        return dict(self._splits)

    def open_test(self, ledger: Path) -> Split:
        """Append one opening to the JSON-lines file `ledger`, then return the test split.

        The line is written before the rows are handed out: a look that crashes counts too.
        """
        if SEALED not in self._splits:
            raise DataError(
                f"{self.card.source} has no test split: found {listed(self._splits)}; "
                "add a file named test.* or let textkind split the data"
            )
        split = self._splits[SEALED]
        opening = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "rows": len(split)}
        with ledger.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(opening) + "\n")
        return split

    @property
    def fingerprint(self) -> str:
        """sha256 over every split's name, texts and labels, in order."""
        digest = hashlib.sha256()
        for name, split in self._splits.items():
            digest.update(f"{name}:{len(split)}\n".encode())
            for text, label in zip(split.texts, self.labels.name(split.targets), strict=True):
                digest.update(json.dumps([text, label], ensure_ascii=True).encode() + b"\n")
        return digest.hexdigest()

    def to_dict(self) -> dict:
        """Describe the data set for JSON: card, labels, rows per split, fingerprint."""
        return {
            **asdict(self.card),
            "labels": list(self.labels.names),
            "multi_label": self.labels.multi_label,
            "pairs": self.pairs,
            "splits": self.sizes,
            "fingerprint": self.fingerprint,
        }


def _metadata(split: str, rows: int, columns: Mapping[str, Sequence]) -> dict[str, tuple[str | None, ...]]:
    for name, values in columns.items():
        if len(values) != rows:
            raise DataError(
                f"split {split!r} has {rows} texts but {len(values)} values in the column {str(name)!r}"
            )
    return {encodable(str(name)): tuple(map(_value, values)) for name, values in columns.items()}


def _value(value: Any) -> str | None:
    """A value as text that can be encoded; None if there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return sys.intern(encodable(str(value)).strip()) or None  # one copy of each value, not a million
