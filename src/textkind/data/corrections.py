"""Corrections: decisions about rows, applied to a data set that stays as it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from textkind.data.dataset import SEALED, Dataset, Split
from textkind.errors import DataError, did_you_mean, joined, listed
from textkind.labels import Label, LabelSet, several
from textkind.text.inputs import Text, text_id

Decision = Literal["keep", "relabel", "new", "drop", "ambiguous"]
DECISIONS = get_args(Decision)
UNDO = "undo"
Row = tuple[str, int, str]  # split, number and fingerprint of the text

LEFT_OUT = ("drop", "ambiguous")


@dataclass(frozen=True)
class Correction:
    """One decision about one row.

    Attributes:
        split, row: where it is.
        id: fingerprint of its text, see `text_id`.
        label: as it was when the decision was taken.
        decision: `keep` (the label is right), `relabel`, `new` (relabel to a class that the data lacks as
            yet), `drop`, or `ambiguous` (nobody can tell: left out like a dropped row, and counted apart).
            `undo` takes back the reviewer's last decision about the row; it stands in logs alone.
        to: the label instead, for `relabel` and `new`.
        reviewer, note, at: who said so, why, and when (ISO 8601).

    Raises:
        DataError: no such decision, a value of another type, or a label `to` that is missing or too much.
    """

    split: str
    row: int
    id: str
    label: Label
    decision: Decision | Literal["undo"]
    to: Label | None = None
    reviewer: str = ""
    note: str = ""
    at: str = ""

    def __post_init__(self) -> None:
        texts = (self.split, self.id, self.decision, self.reviewer, self.note, self.at)
        labels = (self.label, self.to)
        names = [name for one in labels for name in several(one)]
        if (
            self.label is None
            or not all(isinstance(one, str) for one in (*texts, *names))
            or type(self.row) is not int
        ):
            raise DataError("expected texts, a whole number as row, and labels by name; found another type")
        if self.decision not in (*DECISIONS, UNDO):
            raise DataError(f"unknown decision {self.decision!r}: expected {listed((*DECISIONS, UNDO))}")
        if (self.decision in ("relabel", "new")) != (self.to is not None):
            raise DataError(
                f"expected `to` with relabel and new alone, found {self.to!r} with {self.decision}"
            )
        if not all(name.strip() for name in several(self.to)):
            raise DataError("expected a label in `to`, found an empty one")

    @property
    def about(self) -> Row:
        """The row that this is about: at one place there may be another text in other data."""
        return self.split, self.row, self.id

    @property
    def changes(self) -> bool:
        """Whether the row gets a label that it did not have."""
        return self.to is not None and not _same(self.to, self.label)

    def after(self, earlier: "Correction | None") -> "Correction":
        """This decision in the place of an earlier one about the same row.

        The label as it was is the first one's: a second reviewer may have seen the row already relabelled.
        """
        if earlier is None or earlier.id != self.id:
            return self
        if self.decision == "keep" and earlier.to is not None and _same(self.label, earlier.to):
            return earlier
        return replace(self, label=earlier.label)


def apply(dataset: Dataset, corrections: Sequence[Correction]) -> Dataset:
    """Return a data set with the decisions carried out and on its card; the given one stays as it is.

    Args:
        dataset: as it was when the decisions were taken.
        corrections: at most one for a row, see `read`.

    Raises:
        DataError: rows that are not there or changed since, or of the sealed test split, all at once; or a
            split of which no row would be left.

    >>> data = Dataset.of({"train": (["so sad", "fine", "odd"], ["joy", "joy", "sadness"])})
    >>> one = Correction("train", 0, text_id("so sad"), "joy", "relabel", "sadness")
    >>> two = Correction("train", 2, text_id("odd"), "sadness", "drop")
    >>> repaired = apply(data, [one, two])
    >>> repaired.labels.name(repaired.split("train").targets), repaired.card.notes
    (['sadness', 'joy'], ('Corrections were applied: relabel 1, drop 1.',))
    """
    splits = dataset.audited_splits()
    names = {name: dataset.labels.name(split.targets) for name, split in splits.items()}
    labels = _labels(dataset.labels, corrections)
    problems = []
    for one in corrections:
        told = _misplaced(one, splits, names) or _misnamed(one, labels)
        problems += [f"{one.split} {one.row} {told}"] if told else []
    if problems:
        raise DataError(
            f"{len(problems):,} of {len(corrections):,} corrections do not fit {dataset.card.source}: "
            f"{joined(problems)}; review these rows again, or name the data that was reviewed"
        )
    decided = {(one.split, one.row): one for one in corrections}
    left = {name: _left(len(split), _gone(name, corrections)) for name, split in splits.items()}
    emptied = next((name for name, split in splits.items() if len(split) and not left[name]), None)
    if emptied is not None:
        raise DataError(
            f"expected corrections that leave at least one {emptied} row, found that they drop all "
            f"{len(splits[emptied]):,}: keep some of these rows, or give data with more {emptied} rows"
        )
    counts = Counter(one.decision for one in corrections)
    told = ", ".join(f"{decision} {counts[decision]:,}" for decision in DECISIONS if counts[decision])
    notes = (*dataset.card.notes, f"Corrections were applied: {told or 'none'}.")
    card = replace(
        dataset.card,
        notes=notes,
        corrections=tuple(asdict(one) for one in corrections),
        new_labels=tuple(name for name in labels.names if name not in dataset.labels.names),
    )
    built = {name: _repaired(split, names[name], decided, left[name]) for name, split in splits.items()}
    metadata = {
        name: {column: [values[row] for row in left[name]] for column, values in split.metadata.items()}
        for name, split in splits.items()
    }
    return Dataset.of(built, labels=labels, card=card, metadata=metadata)


def origins(split: Split, corrections: Sequence[Correction]) -> list[int]:
    """The numbers that the rows left in a split had before the corrections dropped some."""
    gone = _gone(split.name, corrections)
    return _left(len(split) + len(gone), gone)


def _gone(split: str, corrections: Sequence[Correction]) -> set[int]:
    """The numbers of the rows of a split that are left out."""
    return {one.row for one in corrections if one.split == split and one.decision in LEFT_OUT}


def _left(rows: int, gone: set[int]) -> list[int]:
    """The numbers of the others."""
    return [row for row in range(rows) if row not in gone]


def _labels(labels: LabelSet, corrections: Sequence[Correction]) -> LabelSet:
    """The labels with those that the decision `new` adds, in natural order if there are any."""
    new = {name for one in corrections if one.decision == "new" for name in several(one.to)}
    if new <= set(labels.names):
        return labels
    return replace(labels, names=LabelSet.collect({*labels.names, *new}).names)


def _repaired(
    split: Split, names: Sequence[Label], decided: Mapping[tuple[str, int], Correction], left: Sequence[int]
) -> tuple[list[Text], list[Label]]:
    """The texts and labels of the rows that are left."""
    labels = []
    for row in left:
        one = decided.get((split.name, row))
        labels.append(names[row] if one is None or one.to is None else one.to)
    return [split.texts[row] for row in left], labels


def _misplaced(
    one: Correction, splits: Mapping[str, Split], names: Mapping[str, Sequence[Label]]
) -> str | None:
    """Why the row of a correction is not the one that was reviewed, or None."""
    if one.split == SEALED:
        return "is of the sealed test split"
    if one.split not in splits or not 0 <= one.row < len(splits[one.split]):
        return "is not there"
    if text_id(splits[one.split].texts[one.row]) != one.id:
        return "has another text now"
    found = names[one.split][one.row]
    return None if _same(found, one.label) else f"has the label {found!r} now, not {one.label!r}"


def _misnamed(one: Correction, labels: LabelSet) -> str | None:
    """Why the new label cannot be given, or None."""
    if one.to is None:
        return None
    if isinstance(one.to, list) != labels.multi_label:
        return f"needs {'a list of labels' if labels.multi_label else 'one label'}, not {one.to!r}"
    unknown = next((name for name in several(one.to) if name not in labels.names), None)
    if unknown is None:
        return None
    meant = did_you_mean(unknown, labels.names)
    return f"gets the unknown label {unknown!r}" + (f".{meant}" if meant else "")


def _same(one: Label, other: Label) -> bool:
    lists = isinstance(one, list) and isinstance(other, list)
    return sorted(one) == sorted(other) if lists else one == other
