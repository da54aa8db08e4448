"""Several encoders side by side, scaled so that none drowns the others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy import sparse
from sklearn.base import clone

from textkind.encoders.contract import Encoder, Features
from textkind.encoders.kinds import load_encoder, save_encoder
from textkind.errors import RecipeError

_SAMPLE = 2000  # training texts that centres and scales are learned from
_STATE = "blocks.safetensors"


class JoinedEncoder(Encoder):
    """The features of each encoder, one block beside the other.

    A block is scaled by one number, learned from a sample of the training texts, so that its rows have a mean
    squared length of 1: blocks then weigh the same, whatever their number of columns and their units.
    A dense block is centred first: what all texts share says nothing about any.

    Args:
        encoders: to be joined, in this order.
        weights: how much each block weighs; None: all the same.

    >>> from textkind.encoders.tfidf import TfidfEncoder
    >>> both = JoinedEncoder([TfidfEncoder(), TfidfEncoder(unit="character", ngrams=(2, 3))])
    >>> both.fit(["a good film", "a bad film"]).transform(["good"]).shape
    (1, 31)
    """

    def __init__(self, encoders: Sequence[Encoder] = (), weights: Sequence[float] | None = None) -> None:
        self.encoders = encoders
        self.weights = weights

    def _learn(self, texts: list[str]) -> None:
        weights = [1.0] * len(self.encoders) if self.weights is None else self.weights
        if len(weights) != len(self.encoders):
            raise RecipeError(
                f"expected a weight for each of the {len(self.encoders)} encoders, found {list(weights)}"
            )
        self.encoders_ = [clone(encoder).fit(texts) for encoder in self.encoders]
        sample = random.Random(0).sample(texts, min(_SAMPLE, len(texts)))  # noqa: S311 - no secret
        blocks = [encoder.transform(sample) for encoder in self.encoders_]
        self.centres_ = [_centre(block) for block in blocks]
        parts = zip(blocks, self.centres_, weights, strict=True)
        self.scales_ = [weight * _scale(block - centre) for block, centre, weight in parts]

    def _encode(self, texts: list[str]) -> Features:
        parts = zip(self.encoders_, self.centres_, self.scales_, strict=True)
        blocks = [(encoder.transform(texts) - centre) * scale for encoder, centre, scale in parts]
        if any(sparse.issparse(block) for block in blocks):
            return sparse.hstack(blocks, format="csr", dtype=np.float32)
        return np.hstack(blocks)

    @property
    def token_limit(self) -> int | None:
        """The lowest limit; texts over it are seen whole by the encoders that have none."""
        limits = [encoder.token_limit for encoder in self._parts()]
        return min((limit for limit in limits if limit is not None), default=None)

    def _count(self, texts: list[str]) -> np.ndarray:
        """Tokens for the encoder with the lowest limit."""
        limited = [encoder for encoder in self._parts() if encoder.token_limit == self.token_limit]
        return limited[0].token_counts(texts)[:, 0]

    def parts(self) -> list[Encoder]:
        return [part for encoder in self.encoders_ for part in encoder.parts()]

    def _parts(self) -> Sequence[Encoder]:
        return self.encoders_ if hasattr(self, "encoders_") else self.encoders

    def _settings(self) -> dict:
        return {"weights": self.weights}  # the encoders stand in folders of their own

    def _save_state(self, folder: Path) -> None:
        scales = {f"scale {number}": np.float32(scale) for number, scale in enumerate(self.scales_)}
        centres = {
            f"centre {number}": np.asarray(centre, np.float32) for number, centre in enumerate(self.centres_)
        }
        save_file(
            {name: np.atleast_1d(value) for name, value in {**scales, **centres}.items()}, folder / _STATE
        )
        for number, encoder in enumerate(self.encoders_):
            save_encoder(encoder, folder / str(number))

    def _load_state(self, folder: Path) -> None:
        state = load_file(folder / _STATE)
        n = sum(name.startswith("scale") for name in state)
        self.encoders_ = [load_encoder(folder / str(number)) for number in range(n)]
        self.encoders = [clone(encoder) for encoder in self.encoders_]
        self.scales_ = [float(state[f"scale {number}"][0]) for number in range(n)]
        self.centres_ = [_centred(state[f"centre {number}"]) for number in range(n)]


def _centre(block: Features) -> np.ndarray | float:
    """The mean row (d,) of a dense block; a sparse one would not stay sparse."""
    return 0.0 if sparse.issparse(block) else np.asarray(block).mean(axis=0)


def _centred(saved: np.ndarray) -> np.ndarray | float:
    return 0.0 if saved.shape == (1,) and not saved.any() else saved


def _scale(block: Features) -> float:
    """What makes the mean squared length of the rows 1; 1 for a block of nothing."""
    values = block.data if isinstance(block, sparse.csr_matrix) else np.asarray(block)
    squares = float(np.square(values, dtype=np.float64).sum())
    return float(np.sqrt(block.shape[0] / squares)) if squares > 0 else 1.0
