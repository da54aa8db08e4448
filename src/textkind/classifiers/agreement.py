"""Prove on the user's own labels that a head is as good on int8 features as on float32 ones."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from textkind.classifiers.heads import Head
from textkind.encoders.contract import Encoder
from textkind.encoders.engines import FLOAT32, INT8
from textkind.encoders.transformer import TransformerEncoder
from textkind.text.inputs import Text, every_side, sides

_SAMPLE = 1000  # rows
_FOLDS = 5
_LOSS = 0.01  # of accuracy that int8 may cost

log = logging.getLogger("textkind")


@dataclass(frozen=True)
class HeadAgreement:
    """How often a head answers right in cross-validation over some training rows.

    Attributes:
        rows: how many.
        exact, fast: the share of right answers on float32 and on int8 features; of answers about each
            label, where texts have several.
    """

    rows: int
    exact: float
    fast: float

    @property
    def holds(self) -> bool:
        """Whether int8 costs no more than 0.01."""
        return self.fast >= self.exact - _LOSS

    def sentence(self) -> str:
        """Say it in one sentence."""
        return (
            f"a head on int8 features is right in {self.fast:.1%} of {self.rows:,} training rows "
            f"(cross-validated), on float32 features in {self.exact:.1%}"
        )


def verify_int8(encoder: Encoder, texts: Sequence[Text], targets: np.ndarray, k: int) -> list[HeadAgreement]:
    """Check every int8 encoder among the parts of a fitted `encoder`; one that fails falls back.

    Args:
        texts: n training texts, or pairs, whose first sides are looked at.
        targets: (n,) column numbers below `k`, or an (n, k) 0/1 matrix.

    Returns:
        What held, in the order of the parts.
    """
    held = []
    for part in encoder.parts():
        if not isinstance(part, TransformerEncoder) or part.engine_ != INT8:
            continue
        rows = np.random.default_rng(0).permutation(len(texts))[:_SAMPLE]
        sample = [sides(texts)[0][row] for row in rows]
        exact, fast = part.vectors_by(FLOAT32, sample), np.asarray(part.transform(sample))
        agreement = HeadAgreement(len(rows), _right(exact, targets[rows], k), _right(fast, targets[rows], k))
        if agreement.holds:
            held.append(agreement)
        else:
            log.warning("Int8 is not used: %s.", agreement.sentence())
            part.settle(every_side(texts), without=[INT8])
    return held


def _right(features: np.ndarray, targets: np.ndarray, k: int) -> float:
    """The cross-validated share of right answers of logistic regression."""
    right = np.zeros(targets.shape)
    centred = features - features.mean(axis=0)
    for train, held_out in KFold(min(_FOLDS, len(targets))).split(centred):
        head = Head.fit(LogisticRegression(max_iter=200), centred[train], targets[train], k)
        proba = head.proba(centred[held_out])
        answers = proba >= 0.5 if targets.ndim == 2 else proba.argmax(axis=1)
        right[held_out] = answers == targets[held_out]
    return float(right.mean())
