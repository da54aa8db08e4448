"""Truncation: how much of the texts a model does not get to see."""

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Truncation:
    """Rows and tokens that go past a model's limit; special tokens count as tokens.

    >>> Truncation.of(np.array([5, 12]), limit=10).sentence()
    '1 of 2 texts (50.0%) is longer than 10 tokens: 2 of 17 tokens (11.8%) are cut.'
    """

    limit: int | None
    rows: int
    rows_cut: int
    tokens: int
    tokens_cut: int

    @classmethod
    def of(cls, counts: np.ndarray, limit: int | None) -> Self:
        """Count over tokens per text: (n,) or, for pairs whose sides are cut alone, (n, 2)."""
        counts = counts.reshape(len(counts), -1)
        over = np.clip(counts - limit, 0, None) if limit is not None else np.zeros_like(counts)
        cut = int((over > 0).any(axis=1).sum()) if counts.size else 0
        return cls(limit, len(counts), cut, int(counts.sum()), int(over.sum()))

    def sentence(self) -> str:
        """Say it in one sentence."""
        if not self.rows_cut:
            bound = f"longer than {self.limit} tokens" if self.limit else "limited in length"
            return f"None of the {self.rows:,} texts is {bound}: nothing is cut."
        verb = "is" if self.rows_cut == 1 else "are"
        return (
            f"{self.rows_cut:,} of {self.rows:,} texts ({self.rows_cut / self.rows:.1%}) {verb} "
            f"longer than {self.limit} tokens: {self.tokens_cut:,} of {self.tokens:,} tokens "
            f"({self.tokens_cut / self.tokens:.1%}) are cut."
        )

    def to_dict(self) -> dict:
        """The counts for JSON."""
        return asdict(self)
