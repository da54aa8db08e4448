"""What is read of a transformer, and what an engine that runs it has to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from textkind.encoders.pretrained import Pretrained

Batch = tuple[np.ndarray, np.ndarray]  # ids and mask, both (rows, tokens) int64


class Engine(Protocol):
    """Whatever turns batches of token ids into vectors."""

    def run(self, batches: Iterable[Batch]) -> Iterator[np.ndarray]:
        """Yield, for each batch in its order, the pooled vectors (rows, layers * d) in float32."""


@dataclass(frozen=True)
class Reading:
    """What is read of a model: the hidden states of some layers, pooled.

    Attributes:
        pretrained: the model.
        layers: numbers of hidden states, 0 for the embeddings.
        pooling: a name in `POOLINGS`.
    """

    pretrained: Pretrained
    layers: tuple[int, ...]
    pooling: str

    @property
    def start(self) -> int:
        """Special tokens that stand before a text."""
        return len(self.pretrained.special_tokens[0])
