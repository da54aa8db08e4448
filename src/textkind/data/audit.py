"""Audit: which texts are there twice, in two splits, or with two labels."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from textkind.data.corrections import Correction, origins
from textkind.data.dataset import Dataset
from textkind.data.near_duplicates import near_duplicates
from textkind.data.splits import folded
from textkind.text.inputs import Text

Label = str | tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One row of the data set: its split, number in it before corrections dropped some, text and label."""

    split: str
    number: int
    text: Text
    label: Label


@dataclass(frozen=True)
class Memoriser:
    """What a classifier scores that knows the training rows by heart and guesses the rest.

    Attributes:
        rows: of the split whose text is in train.
        right: of those, answered right by the most frequent label of that text in train.
        accuracy: on the whole split, the others answered with train's most frequent label.
    """

    rows: int
    right: int
    accuracy: float


class Audit:
    """Equal and nearly equal texts over all splits of a Dataset, the sealed one included.

    Texts are equal if they are after folding case and spaces. An audit looks at rows, never at a model.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.splits = list(dataset.sizes)
        decided = [Correction(**one) for one in dataset.card.corrections]
        self.rows = [
            Row(name, number, text, tuple(label) if isinstance(label, list) else label)
            for name, split in dataset.audited_splits().items()
            for number, text, label in zip(
                origins(split, decided), split.texts, dataset.labels.name(split.targets), strict=True
            )
        ]

    @cached_property
    def groups(self) -> dict[object, list[Row]]:
        """The rows of each distinct text."""
        groups: dict[object, list[Row]] = defaultdict(list)
        for row in self.rows:
            groups[folded(row.text)].append(row)
        return groups

    @cached_property
    def repeated(self) -> dict[str, int]:
        """Per split: rows whose text came before in the same split."""
        extra: Counter[str] = Counter()
        for rows in self.groups.values():
            for split, count in Counter(row.split for row in rows).items():
                extra[split] += count - 1
        return {name: extra[name] for name in self.splits}

    @cached_property
    def overlaps(self) -> dict[tuple[str, str], list[Row]]:
        """For two splits (a, b): the rows of a whose text is in b too."""
        found: dict[tuple[str, str], list[Row]] = {pair: [] for pair in permutations(self.splits, 2)}
        for rows in self.groups.values():
            present = {row.split for row in rows}
            for row in rows if len(present) > 1 else ():
                for other in present - {row.split}:
                    found[row.split, other].append(row)
        return found

    @cached_property
    def conflicts(self) -> list[list[Row]]:
        """The texts that carry more than one label anywhere, each with its rows."""
        return [rows for rows in self.groups.values() if len({row.label for row in rows}) > 1]

    @cached_property
    def near(self) -> list[tuple[list[Row], list[Row], float]]:
        """Pairs of different texts that are almost the same: the rows of each, and the similarity."""
        rows = list(self.groups.values())
        texts = [" ".join(text) if isinstance(text := group[0].text, tuple) else text for group in rows]
        return [(rows[pair.first], rows[pair.second], pair.similarity) for pair in near_duplicates(texts)]

    def near_rows(self, split: str, other: str) -> list[tuple[Row, Row]]:
        """The rows of `split` with a near-duplicate in `other`, each with one of those."""
        found: dict[int, tuple[Row, Row]] = {}
        for left, right, _ in self.near:
            for mine, theirs in ((left, right), (right, left)):
                match = next((row for row in theirs if row.split == other), None)
                for row in mine if match else ():
                    if row.split == split and match:
                        found.setdefault(row.number, (row, match))
        return [found[number] for number in sorted(found)]

    def memoriser(self, split: str) -> Memoriser:
        """Score the pure memoriser on a split."""
        guess = _commonest(row for row in self.rows if row.split == "train")
        known = right = right_known = 0
        for rows in self.groups.values():
            best = _commonest(row for row in rows if row.split == "train")
            mine = [row for row in rows if row.split == split]
            hits = sum(row.label == (guess if best is None else best) for row in mine)
            right += hits
            if best is not None:
                known, right_known = known + len(mine), right_known + hits
        total = sum(row.split == split for row in self.rows)
        return Memoriser(known, right_known, right / total)


def _commonest(rows: Iterable[Row]) -> Label | None:
    counts = Counter(row.label for row in rows)
    return max(counts, key=lambda label: counts[label]) if counts else None
