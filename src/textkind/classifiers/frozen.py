"""Vectors of encoders that learn nothing, computed once for all the folds and trials of a search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from sklearn.base import clone

from textkind.classifiers.agreement import HeadAgreement, verify_int8
from textkind.encoders.contract import Encoder, Features
from textkind.encoders.joined import JoinedEncoder
from textkind.encoders.static import StaticEncoder
from textkind.encoders.transformer import TransformerEncoder
from textkind.text.inputs import Text, every_side

# An encoder that is not named here is taken to learn: it is fitted anew in each fold.
_FROZEN = (StaticEncoder, TransformerEncoder)


class Frozen(Encoder):
    """The vectors of a frozen encoder for a fixed set of texts; clones share them.

    Args:
        encoder: it, fitted.
        rows: text -> row of `vectors`, for all texts that will ever be asked for.
        vectors: (n, d).
    """

    def __init__(self, encoder: Encoder, rows: dict[str, int], vectors: Features) -> None:
        self.encoder = encoder
        self.rows = rows
        self.vectors = vectors

    def __sklearn_clone__(self) -> Self:
        return self

    def _learn(self, texts: list[str]) -> None:
        """Nothing is learned, in any fold."""

    def _encode(self, texts: list[str]) -> Features:
        return self.vectors[[self.rows[text] for text in texts]]

    def _count(self, texts: list[str]) -> np.ndarray:
        return self.encoder.token_counts(texts)[:, 0]

    def _save_state(self, folder: Path) -> None:
        raise NotImplementedError("the encoder inside is what is saved: see restored")

    def _load_state(self, folder: Path) -> None:
        raise NotImplementedError("the encoder inside is what is saved: see restored")


class FrozenParts:
    """Puts `Frozen` in the place of what learns nothing, in one encoder after another.

    Args:
        texts: the texts or pairs of all folds.
        targets: their column numbers (n,) below `k`, or an (n, k) matrix: an int8 encoder must hold on them.

    Attributes:
        int8: what held, see `verify_int8`.
    """

    def __init__(self, texts: Sequence[Text], targets: np.ndarray, k: int) -> None:
        self.texts = texts
        self.targets = targets
        self.k = k
        self.int8: list[HeadAgreement] = []
        self._known: dict[str, Frozen] = {}

    def frozen(self, encoder: Encoder) -> Encoder:
        """An unfitted encoder like the given one; a part that learns is left as it is."""
        if isinstance(encoder, JoinedEncoder):
            return JoinedEncoder([self.frozen(part) for part in encoder.encoders], encoder.weights)
        if not isinstance(encoder, _FROZEN):
            return encoder
        key = f"{type(encoder).__name__} {encoder.get_params()}"
        if key not in self._known:
            distinct = list(dict.fromkeys(every_side(self.texts)))
            fitted = clone(encoder).fit(self.texts)
            self.int8 += verify_int8(fitted, self.texts, self.targets, self.k)
            rows = {text: row for row, text in enumerate(distinct)}
            self._known[key] = Frozen(fitted, rows, fitted.transform(distinct))
        return self._known[key]


def restored(encoder: Encoder) -> Encoder:
    """The fitted encoder that reads any text again, with the parts that were frozen."""
    if isinstance(encoder, JoinedEncoder):
        encoder.encoders_ = [restored(part) for part in encoder.encoders_]
        encoder.encoders = [clone(part) for part in encoder.encoders_]
    return encoder.encoder if isinstance(encoder, Frozen) else encoder
