"""Exploration: counts, lengths, words and the audit of a Dataset, before any model."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from textkind.data.audit import Audit, Row
from textkind.data.dataset import Dataset
from textkind.text.truncation import Truncation

QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "p95": 0.95, "max": 1.0}
_SAMPLES, _SHOWN = 3, 400  # texts per label, characters of each
_CHARACTERISTIC = 8  # words shown per label
_SMALL = 1e-9  # a corpus of a single word leaves nothing beside it
_PRIOR = 500.0  # words that the whole corpus weighs in a label's word counts


class Exploration:
    """What there is to know about a data set before training.

    Args:
        dataset: the Dataset.
        tokens: tokens of each text per split, (n,) or (n, 2) for pairs; empty if none were counted.
        token_limit: of the encoder that counted them.

    >>> data = Dataset.of({"train": (["good film", "bad film"], ["pos", "neg"])})
    >>> Exploration(data).words["pos"]["median"]
    2.0
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        tokens: Mapping[str, np.ndarray] | None = None,
        token_limit: int | None = None,
    ) -> None:
        self.dataset = dataset
        self.audit = Audit(dataset)
        self.tokens = dict(tokens or {})
        self.token_limit = token_limit

    @cached_property
    def label_counts(self) -> dict[str, dict[str, int]]:
        """Rows of each label per split, in the label set's order."""
        labels = self.dataset.labels
        return {
            name: dict(zip(labels.names, labels.membership(split.targets).sum(axis=0).tolist(), strict=True))
            for name, split in self.dataset.audited_splits().items()
        }

    @cached_property
    def row_words(self) -> list[list[str]]:
        """The words of each row of the audit, in lower case."""
        return [words_of(row) for row in self.audit.rows]

    @cached_property
    def words(self) -> dict[str, dict[str, float]]:
        """Quantiles of the words per text, of each label over all splits."""
        return {
            label: _quantiles([len(words) for words in self._words_of_label(label)])
            for label in self.dataset.labels.names
        }

    @cached_property
    def characteristic(self) -> dict[str, list[str]]:
        """The training words that mark each label most, by log-odds against a prior of the whole corpus.

        Monroe, Colaresi and Quinn, *Fightin' Words*, Political Analysis 16 (2008), equations 15 to 22.
        """
        counts = {
            label: Counter(word for words in self._words_of_label(label, "train") for word in set(words))
            for label in self.dataset.labels.names
        }
        total = Counter[str]()
        for of_label in counts.values():
            total.update(of_label)
        return {label: _marking(of_label, total) for label, of_label in counts.items()}

    @cached_property
    def vocabulary(self) -> dict[str, dict[str, float]]:
        """Per split: distinct words, and the share of all words that train does not have."""
        by_split: dict[str, Counter[str]] = {name: Counter() for name in self.audit.splits}
        for row, words in zip(self.audit.rows, self.row_words, strict=True):
            by_split[row.split].update(words)
        known = by_split["train"]
        return {
            name: {
                "words": len(counts),
                "unknown": sum(count for word, count in counts.items() if word not in known)
                / max(1, counts.total()),
            }
            for name, counts in by_split.items()
        }

    @cached_property
    def truncation(self) -> dict[str, Truncation]:
        """Per split, what the encoder would cut."""
        return {name: Truncation.of(counts, self.token_limit) for name, counts in self.tokens.items()}

    @cached_property
    def samples(self) -> dict[str, list[str]]:
        """A few training texts of each label, drawn with a fixed seed; long ones are cut for display."""
        of_label: dict[str, list[str]] = {label: [] for label in self.dataset.labels.names}
        for row in self.audit.rows:
            for label in (row.label,) if isinstance(row.label, str) else row.label:
                if row.split == "train":
                    of_label[label].append(row.text if isinstance(row.text, str) else " ⟷ ".join(row.text))
        draw = random.Random(0)  # noqa: S311 - the same texts each time, no secret
        drawn = {label: draw.sample(texts, min(_SAMPLES, len(texts))) for label, texts in of_label.items()}
        return {
            label: [text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…" for text in texts]
            for label, texts in drawn.items()
        }

    def to_dict(self) -> dict:
        """Everything but the findings, for JSON."""
        audit = self.audit
        return {
            **self.dataset.to_dict(),
            "label_counts": self.label_counts,
            "words": self.words,
            "characteristic": self.characteristic,
            "vocabulary": self.vocabulary,
            "truncation": {name: cut.to_dict() for name, cut in self.truncation.items()},
            "repeated": audit.repeated,
            "overlaps": [
                {"rows_of": one, "also_in": other, "rows": len(rows)}
                for (one, other), rows in audit.overlaps.items()
                if rows
            ],
            "conflicting_texts": len(audit.conflicts),
            "near_duplicate_pairs": len(audit.near),
            "samples": self.samples,
        }

    def _words_of_label(self, label: str, split: str | None = None) -> list[list[str]]:
        return [
            words
            for row, words in zip(self.audit.rows, self.row_words, strict=True)
            if (row.label == label or (isinstance(row.label, tuple) and label in row.label))
            and split in (None, row.split)
        ]


def words_of(row: Row) -> list[str]:
    """The words of a row's text or pair: runs of letters, digits and underscores."""
    text = row.text if isinstance(row.text, str) else " ".join(row.text)
    return re.findall(r"\w+", text.casefold())


def _quantiles(values: list[int]) -> dict[str, float]:
    if not values:
        return {}
    return dict(zip(QUANTILES, np.quantile(values, list(QUANTILES.values())).tolist(), strict=True))


def _marking(counts: Counter[str], total: Counter[str]) -> list[str]:
    everything = total.total()
    mine, others = counts.total() + _PRIOR, everything - counts.total() + _PRIOR

    def z(word: str) -> float:
        prior = _PRIOR * total[word] / everything
        here, there = counts[word] + prior, total[word] - counts[word] + prior
        odds = np.log(here / max(mine - here, _SMALL)) - np.log(there / max(others - there, _SMALL))
        return float(odds / np.sqrt(1 / here + 1 / there))

    scored = sorted(((z(word), word) for word in counts), reverse=True)
    return [word for score, word in scored[:_CHARACTERISTIC] if score > 0]
