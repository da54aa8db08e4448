"""What every Encoder keeps to: texts in, one row of features per text out."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from textkind.text.inputs import check_texts, every_side, sides

Features = np.ndarray | sparse.csr_matrix


class Encoder(TransformerMixin, BaseEstimator, ABC):
    """A scikit-learn transformer from texts to an (n, d) matrix; it never sees labels.

    Pairs are encoded side by side: (u, v) becomes [u, v, |u - v|, u * v], as in InferSent (Conneau
    et al., 2017, section 3.1), so that a linear head can see where the two sides differ.

    A subclass writes `_learn`, `_encode`, `_state` and `_restore`, and sets `is_learned_` last.
    """

    def fit(self, X: Sequence, y: object = None) -> Self:
        """Learn from texts, or pairs, whatever the encoder needs; `y` is ignored."""
        self._learn(every_side(check_texts(X)))
        self.is_learned_ = True
        return self

    def transform(self, X: Sequence) -> Features:
        """Return the features (n, d) of texts, or (n, 4d) of pairs."""
        check_is_fitted(self, "is_learned_")
        blocks = [self._encode(side) for side in sides(check_texts(X))]
        return blocks[0] if len(blocks) == 1 else _compare(*blocks)

    @property
    def token_limit(self) -> int | None:
        """The most tokens of one text that count; None: all of them do."""
        return None

    def token_counts(self, X: Sequence) -> np.ndarray:
        """Tokens of each text before anything is cut: (n, 1), or (n, 2) for pairs.

        This and `token_limit` work before `fit`, so that cut texts are known before training.
        """
        return np.stack([self._count(side) for side in sides(check_texts(X))], axis=1)

    def parts(self) -> list["Encoder"]:
        """The encoders that a fitted one is made of; most are made of themselves."""
        return [self]

    def save(self, folder: Path) -> None:
        """Write parameters and learned state to `folder`, as JSON and safetensors."""
        settings = json.dumps(self._settings(), ensure_ascii=False, indent=2)
        (folder / "encoder.json").write_text(settings + "\n", "utf-8")
        self._save_state(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        encoder = cls(**json.loads((folder / "encoder.json").read_text("utf-8")))
        encoder._load_state(folder)
        encoder.is_learned_ = True
        return encoder

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def _settings(self) -> dict:
        """The parameters worth keeping."""
        return self.get_params()

    @abstractmethod
    def _learn(self, texts: list[str]) -> None: ...

    @abstractmethod
    def _encode(self, texts: list[str]) -> Features: ...

    @abstractmethod
    def _count(self, texts: list[str]) -> np.ndarray: ...

    @abstractmethod
    def _save_state(self, folder: Path) -> None: ...

    @abstractmethod
    def _load_state(self, folder: Path) -> None: ...


def _compare(left: Features, right: Features) -> Features:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return np.hstack([left, right, np.abs(left - right), left * right])
    left, right = sparse.csr_matrix(left), sparse.csr_matrix(right)
    return sparse.hstack([left, right, abs(left - right), left.multiply(right)], format="csr")
