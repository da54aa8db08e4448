"""What the page is told: all rows as columns, in the order of review, and one row whole on demand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from textkind.data.corrections import Label, Row
from textkind.data.random_order import random_order
from textkind.errors import DataError
from textkind.mistakes.judged import Judged, shortened
from textkind.mistakes.noise_rate import STEP
from textkind.mistakes.queue import Queue
from textkind.text.inputs import readable, text_id

_TEXT = 200  # characters of a text that the list holds
_GRID = 10_000  # steps of the map along either axis
_PROBABILITIES = 12  # labels of a row that are shown with theirs


@dataclass(frozen=True, eq=False)
class ReviewRows:
    """Judged rows in the order of review; on the page a row is known by its place in that order.

    Attributes:
        judged: the rows.
        order: (n,) numbers of the judged rows.
        suggested: targets, what a label is most likely if it is wrong.
        scores, gains, reasons: of each judged row, see `Queue`.
        places: (n, 2) where each judged row is on the map, in [0, 1]; None: there is no map.
    """

    judged: Judged
    order: np.ndarray
    suggested: np.ndarray
    scores: np.ndarray
    gains: np.ndarray
    reasons: Sequence[Sequence[str]]
    places: np.ndarray | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, queue: Queue, places: np.ndarray | None = None) -> "ReviewRows":
        """The rows of a queue."""
        suggested, scores = queue.wrong.suggested, queue.scores
        return cls(queue.judged, queue.order, suggested, scores, queue.gains, queue.reasons, places=places)

    def __len__(self) -> int:
        return len(self.judged)

    @cached_property
    def rank(self) -> dict[Row, int]:
        """Row -> its place in the queue."""
        return {self._row(number): rank for rank, number in enumerate(self.order.tolist())}

    @cached_property
    def sample(self) -> np.ndarray:
        """(n,) places in the queue, in the random order: its beginning is the random sample."""
        ranks = np.empty(len(self), np.int64)
        ranks[self.order] = np.arange(len(self))
        return ranks[random_order(self.judged.places or (), self.judged.texts)]

    @cached_property
    def folded(self) -> list[str]:
        """The whole texts for searching, in the order of review."""
        return [readable(self.judged.texts[number]).casefold() for number in self.order.tolist()]

    @cached_property
    def columns(self) -> bytes:
        """All rows as JSON columns, in the order of review; texts are cut."""
        order, judged = self.order, self.judged
        places = judged.places or ()
        splits = list(dict.fromkeys(split for split, _ in places))
        document: dict[str, Any] = {
            "labels": list(judged.labels.names),
            "multi_label": judged.labels.multi_label,
            "splits": splits,
            "split": [splits.index(places[number][0]) for number in order],
            "row": [places[number][1] for number in order],
            "text": [shortened(judged.texts[number], _TEXT) for number in order],
            "label": self._numbers(judged.targets),
            "answered": self._numbers(judged.labels.decide(judged.proba)),
            "score": self.scores[order].round(3).tolist(),
            "gain": self.gains[order].round(3).tolist(),
            "loss": judged.loss[order].round(3).tolist(),
            "sample": self.sample.tolist(),
            "sample_step": STEP,
            "grid": _GRID,
            "x": None,
            "y": None,
        }
        if self.places is not None:
            grid = np.clip(np.nan_to_num(self.places[order]) * _GRID, 0, _GRID).astype(int)
            document |= {"x": grid[:, 0].tolist(), "y": grid[:, 1].tolist()}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def row(self, rank: int) -> dict:
        """One row with its whole text, probabilities and reasons.

        Raises:
            DataError: there is no such row.
        """
        number = self._number(rank)
        proba, names = self.judged.proba[number], self.judged.labels.names
        likely = np.argsort(-proba, kind="stable")[:_PROBABILITIES]
        return {
            **self.judged.row(number),
            "text": readable(self.judged.texts[number]),
            "suggested": self._names(self.suggested, number),
            "score": float(self.scores[number]),
            "gain": float(self.gains[number]),
            "reasons": list(self.reasons[number]),
            "probabilities": [[names[column], round(float(proba[column]), 4)] for column in likely],
        }

    def given(self, rank: int) -> tuple[str, int, str, Label]:
        """Split, number, fingerprint and label of a row, as a decision names them.

        Raises:
            DataError: there is no such row.
        """
        number = self._number(rank)
        return *self._row(number), self._names(self.judged.targets, number)

    def search(self, words: str) -> list[int]:
        """The rows whose whole text holds `words`, whatever the case."""
        sought = words.casefold()
        return [rank for rank, text in enumerate(self.folded) if sought in text]

    def _number(self, rank: int) -> int:
        if not 0 <= rank < len(self):
            raise DataError(f"expected a row from 0 to {len(self) - 1}, found {rank}: load the page again")
        return int(self.order[rank])

    def _row(self, number: int) -> Row:
        split, row = (self.judged.places or ())[number]
        return split, row, text_id(self.judged.texts[number])

    def _names(self, targets: np.ndarray, number: int) -> Label:
        return self.judged.labels.name(targets[number : number + 1])[0]

    def _numbers(self, targets: np.ndarray) -> list:
        """Column numbers in the order of review: one per row, or a list per row."""
        ordered = targets[self.order]
        if not self.judged.labels.multi_label:
            return ordered.tolist()
        return [np.flatnonzero(row).tolist() for row in ordered]
