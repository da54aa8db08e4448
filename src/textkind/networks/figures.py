"""Accuracy and macro F1 on the validation rows, while a network is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from transformers.trainer_utils import EvalPrediction

from textkind.networks.batches import Labelled
from textkind.scores import macro_f1


@dataclass(frozen=True)
class Figures:
    """Accuracy and macro F1 of texts; the logits of a text's windows are averaged.

    A text with several labels is right if all of them are.
    """

    validation: Labelled

    def __call__(self, answers: EvalPrediction) -> dict[str, float]:
        logits = self.validation.rows.of_texts(np.asarray(answers.predictions, np.float64))
        targets = self.validation.targets
        answered = logits.argmax(axis=1) if targets.ndim == 1 else (logits > 0).astype(int)
        right = answered == targets
        return {
            "accuracy": float((right if right.ndim == 1 else right.all(axis=1)).mean()),
            "macro_f1": macro_f1(targets, answered),
        }


def majority_f1(targets: np.ndarray) -> float:
    """Macro F1 of answering every row with the most frequent label."""
    if targets.ndim == 1:
        return macro_f1(targets, np.full_like(targets, np.bincount(targets).argmax()))
    return macro_f1(targets, np.tile(targets.mean(axis=0) >= 0.5, (len(targets), 1)).astype(int))
