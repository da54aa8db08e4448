"""LabelSet: names to column numbers and back; the only place that decides a label."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from textkind.errors import LabelError, did_you_mean, listed

THRESHOLD = 0.5
Label = str | list[str]  # of one text


@dataclass(frozen=True)
class LabelSet:
    """The label names in column order, and whether a text may carry several.

    Column *j* of every probability matrix is `names[j]`, also when no training row has it.

    >>> labels = LabelSet(("anger", "joy"))
    >>> labels.ids(["joy", "anger"]).tolist()
    [1, 0]
    >>> labels.answers(np.array([[0.2, 0.8]]))
    ['joy']
    """

    names: tuple[str, ...]
    multi_label: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise LabelError(f"label names must differ, but found more than once: {listed(twice)}")

    @classmethod
    def collect(cls, values: Iterable, *, multi_label: bool = False) -> Self:
        """Gather the distinct names in `values` in natural order ("2" before "10").

        `values` holds one name per text or, when `multi_label`, a list of names per text.
        """
        seen = {name for names in values for name in names} if multi_label else set(values)
        return cls(tuple(sorted(seen, key=_natural)), multi_label)

    def __len__(self) -> int:
        return len(self.names)

    def ids(self, values: Sequence) -> np.ndarray:
        """Turn names into targets: (n,) column numbers, or an (n, k) 0/1 matrix when multi-label.

        Raises:
            LabelError: a name is not in the set.
        """
        column = {name: number for number, name in enumerate(self.names)}
        try:
            if not self.multi_label:
                return np.fromiter((column[value] for value in values), np.int64, len(values))
            targets = np.zeros((len(values), len(self)), np.int64)
            for row, names in enumerate(values):
                targets[row, [column[name] for name in names]] = 1
            return targets
        except KeyError as error:
            name = str(error.args[0])
            raise LabelError(
                f"unknown label {name!r}: the labels are {listed(self.names)}."
                + did_you_mean(name, self.names)
            ) from error

    def decide(self, proba: np.ndarray) -> np.ndarray:
        """Turn probabilities (n, k) into targets: the largest column, or every one >= 0.5."""
        if self.multi_label:
            return (proba >= THRESHOLD).astype(np.int64)
        return proba.argmax(axis=1)

    def name(self, targets: np.ndarray) -> list:
        """Turn targets back into a name per row, or a list of names when multi-label."""
        if self.multi_label:
            return [[self.names[column] for column in np.flatnonzero(row)] for row in targets]
        return [self.names[number] for number in targets]

    def y(self, targets: np.ndarray) -> np.ndarray:
        """Turn targets into what scikit-learn calls y: names (n,), or the (n, k) 0/1 matrix as it is."""
        return targets if self.multi_label else np.array(self.names)[targets]

    def answers(self, proba: np.ndarray) -> list:
        """The answer of each row of `proba` by name: `name(decide(proba))`."""
        return self.name(self.decide(proba))

    def membership(self, targets: np.ndarray) -> np.ndarray:
        """Targets of either kind as an (n, k) boolean matrix: does row i carry label j?"""
        if self.multi_label:
            return targets.astype(bool)
        return targets[:, None] == np.arange(len(self))

    def save(self, path: Path) -> None:
        """Write the set as JSON."""
        content = {"names": list(self.names), "multi_label": self.multi_label}
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a set that `save` wrote."""
        content = json.loads(path.read_text("utf-8"))
        return cls(tuple(content["names"]), content["multi_label"])


def several(label: Label | None) -> list[str]:
    """A text's label, labels or lack of them as a list of names."""
    return [] if label is None else label if isinstance(label, list) else [label]


def _natural(name: str) -> list:
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", name)
    ] + [(2, 0, name)]
