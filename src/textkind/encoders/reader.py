"""Turn texts into batches of token ids, and an engine's answers into one vector per text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from textkind import progress
from textkind.encoders.reading import Batch, Engine, Reading
from textkind.encoders.sentence import SentenceSettings
from textkind.text.batches import pad, token_budget_batches
from textkind.text.windows import pieces

_BATCH_TOKENS = 2048  # fits the caches of a CPU core; larger batches run slower there


@dataclass(frozen=True)
class Reader:
    """How texts become pieces of token ids, and the vectors of pieces those of texts.

    Attributes:
        reading: what is read of which model.
        sentence: prompt, case and normalization.
        limit: the most tokens of a piece, special tokens included.
        long: what becomes of longer texts, see `textkind.text.windows.pieces`.
    """

    reading: Reading
    sentence: SentenceSettings
    limit: int
    long: str

    @property
    def width(self) -> int:
        """The length of a vector."""
        config = self.reading.pretrained.config
        return (config.get("hidden_size") or config["dim"]) * len(self.reading.layers)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of whole texts, without special tokens."""
        texts = [self.sentence.prompt + text for text in texts]
        texts = [text.lower() for text in texts] if self.sentence.lowercase else texts
        encodings = self.reading.pretrained.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        """The pieces of the texts in batches of like length."""
        ids, _ = self._pieces(texts)
        yield from self._padded(ids, list(token_budget_batches([len(one) for one in ids], _BATCH_TOKENS)))

    def vectors(self, texts: Sequence[str], engine: Engine, task: progress.Task) -> np.ndarray:
        """The vectors (n, width) of texts: of each piece, then averaged over the pieces of a text."""
        ids, owner = self._pieces(texts)
        lengths = np.array([len(one) for one in ids])
        batches = list(token_budget_batches(lengths.tolist(), _BATCH_TOKENS))
        ends = np.append(owner[1:] != owner[:-1], True)  # the last piece of each text
        vectors = np.zeros((len(ids), self.width), np.float32)
        for batch, output in zip(batches, engine.run(self._padded(ids, batches)), strict=True):
            vectors[batch] = output
            task.advance(int(ends[batch].sum()))
        vectors[lengths == 0] = 0  # nothing is pooled of nothing
        vectors = _averaged(vectors, owner, lengths) if len(ids) > len(texts) else vectors
        return _normalized(vectors, len(self.reading.layers)) if self.sentence.normalize else vectors

    def _pieces(self, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray]:
        """The ids of every piece, special tokens included, and the number of the text it is of."""
        before, behind = self.reading.pretrained.special_tokens
        room = self.limit - len(before) - len(behind)
        cut = [pieces(ids, room, self.long) for ids in self.ids(texts)]
        owner = np.repeat(np.arange(len(texts)), [len(parts) for parts in cut])
        return [[*before, *part, *behind] for parts in cut for part in parts], owner

    def _padded(self, ids: list[list[int]], batches: list[np.ndarray]) -> Iterator[Batch]:
        for batch in batches:
            yield pad([ids[number] for number in batch], self.reading.pretrained.pad_id)


def _averaged(vectors: np.ndarray, owner: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The mean vector of the pieces of each text, weighted by their tokens."""
    starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    weights = np.maximum(lengths, 1).astype(np.float32)
    return np.add.reduceat(vectors * weights[:, None], starts) / np.add.reduceat(weights, starts)[:, None]


def _normalized(vectors: np.ndarray, blocks: int) -> np.ndarray:
    """Vectors whose blocks have length 1."""
    parts = vectors.reshape(len(vectors), blocks, -1)
    lengths = np.linalg.norm(parts, axis=2, keepdims=True)
    return (parts / np.maximum(lengths, np.finfo(np.float32).tiny)).reshape(vectors.shape)
