"""Accuracy and macro F1 on the validation rows, while a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textkind.labels import THRESHOLD
from textkind.networks.batches import Labelled
from textkind.scores import macro_f1

if TYPE_CHECKING:
    from transformers.trainer_utils import EvalPrediction


@dataclass(frozen=True)
class Figures:
    """Accuracy and macro F1 of texts; the probabilities of a text's windows are averaged, as in prediction.

    A text with several labels is right if all of them are.
    """

    validation: Labelled

    def __call__(self, answers: EvalPrediction) -> dict[str, float]:
        targets = self.validation.targets
        each = probabilities(np.asarray(answers.predictions, np.float64), multi_label=targets.ndim == 2)
        proba = self.validation.rows.of_texts(each)
        answered = proba.argmax(axis=1) if targets.ndim == 1 else (proba >= THRESHOLD).astype(int)
        right = answered == targets
        return {
            "accuracy": float((right if right.ndim == 1 else right.all(axis=1)).mean()),
            "macro_f1": macro_f1(targets, answered),
        }


def probabilities(logits: np.ndarray, *, multi_label: bool) -> np.ndarray:
    """What a network says, (n, k) in float64, as probabilities: of each label by itself, or of one of all."""
    if multi_label:
        return 1 / (1 + np.exp(-logits))
    each = np.exp(logits - logits.max(axis=1, keepdims=True))
    return each / each.sum(axis=1, keepdims=True)


def majority_f1(targets: np.ndarray) -> float:
    """Macro F1 of answering every row with the most frequent label."""
    if targets.ndim == 1:
        return macro_f1(targets, np.full_like(targets, np.bincount(targets).argmax()))
    return macro_f1(targets, np.tile(targets.mean(axis=0) >= 0.5, (len(targets), 1)).astype(int))
