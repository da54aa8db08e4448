"""Static embeddings: a text is the mean of the fixed vectors of its tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file
from scipy import sparse

from textkind.encoders.contract import Encoder
from textkind.encoders.pretrained import CATALOG, Pretrained, check_same, find_pretrained, note_same
from textkind.errors import RecipeError
from textkind.text.tokens import unknown_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CHUNK = 16_384  # texts at once


class StaticEncoder(Encoder):
    """A model in model2vec's format: tens of thousands of texts a second, without torch.

    The mean over the tokens that the vocabulary has (unknown and special ones are left out), as in
    model2vec (Tulkens and van Dongen, 2024); whole texts are read, nothing is cut.

    Args:
        model: a folder, or a name on the Hub.
        revision: of a Hub model: a branch, tag or commit.
    """

    def __init__(self, *, model: str, revision: str | None = None) -> None:
        self.model = model
        self.revision = revision

    def _learn(self, texts: list[str]) -> None:
        """Nothing is learned: read the vectors."""
        self._use(find_pretrained(self.model, self.revision))

    def _use(self, pretrained: Pretrained) -> None:
        self.pretrained_ = pretrained
        self.vectors_ = _vectors(pretrained.folder)
        self.normalize_ = bool(pretrained.config.get("normalize", True))

    def _tokenizer(self) -> Tokenizer:
        found = (
            self.pretrained_ if hasattr(self, "pretrained_") else find_pretrained(self.model, self.revision)
        )
        return found.tokenizer

    def _count(self, texts: list[str]) -> np.ndarray:
        tokenizer = self._tokenizer()
        counts = [len(one) for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        return np.array(counts, np.int64)

    def _encode(self, texts: list[str]) -> np.ndarray:
        parts = [self._chunk(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, self.vectors_.shape[1]), np.float32)

    def _chunk(self, texts: list[str]) -> np.ndarray:
        tokenizer, unknown = self._tokenizer(), unknown_id(self._tokenizer())
        ids = [one.ids for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        ends = np.cumsum([0, *map(len, ids)])
        flat = np.fromiter((number for one in ids for number in one), np.int64, ends[-1])
        weights = (
            (flat != unknown).astype(np.float32) if unknown is not None else np.ones(len(flat), np.float32)
        )
        counts = sparse.csr_matrix((weights, flat, ends), shape=(len(texts), len(self.vectors_)))
        known = np.maximum(np.asarray(counts.sum(axis=1)), 1)
        means = np.asarray(counts @ self.vectors_ / known, np.float32)
        if self.normalize_:
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return means

    def _save_state(self, folder: Path) -> None:
        note_same(folder, self.pretrained_)

    def _load_state(self, folder: Path) -> None:
        self._use(check_same(folder, find_pretrained(self.model, self.revision), self.model))


def is_static(name: str, revision: str | None = None) -> bool:
    """Whether a model is static embeddings and no network."""
    if name in CATALOG:
        return False
    return find_pretrained(name, revision).config.get("model_type") == "model2vec"


def _vectors(folder: Path) -> np.ndarray:
    """One float32 vector for each entry of the vocabulary (v, d)."""
    tensors = load_file(folder / "model.safetensors")
    if "embeddings" not in tensors:
        raise RecipeError(f"{folder} is not in model2vec's format: model.safetensors has no 'embeddings'")
    vectors = tensors["embeddings"].astype(np.float32)
    if "mapping" in tensors:
        vectors = vectors[tensors["mapping"]]
    return vectors * tensors["weights"].astype(np.float32)[:, None] if "weights" in tensors else vectors
