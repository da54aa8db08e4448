"""The loss that every network is trained with, for one label a text or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from textkind.errors import RecipeError

if TYPE_CHECKING:
    from transformers.modeling_outputs import SequenceClassifierOutput

_HEAVIEST = 20.0  # that a rare label's positives weigh; more lets single rows decide


def default_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy for labels (rows,), binary cross-entropy for (rows, k), both a mean."""
    if labels.ndim == 1:
        return functional.cross_entropy(logits.float(), labels)
    return functional.binary_cross_entropy_with_logits(logits.float(), labels.float())


class Loss:
    """What the Trainer minimizes.

    Args:
        weights: (k,) of the classes; of several labels a text, of their positives. None: all alike.
        smoothing: the share of the target that is spread over all labels (Szegedy et al., 2016).
    """

    def __init__(self, weights: Tensor | None = None, smoothing: float = 0.0) -> None:
        self.weights = weights
        self.smoothing = smoothing

    def __call__(
        self,
        outputs: SequenceClassifierOutput,
        labels: Tensor,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The mean over the rows, or over all that come before one step of the optimizer.

        Raises:
            RecipeError: it is not a number.
        """
        assert outputs.logits is not None
        logits = outputs.logits.float()
        each = self._single(logits, labels) if labels.ndim == 1 else self._several(logits, labels)
        if not torch.isfinite(each).all():
            raise RecipeError(
                "the loss is not a number any more: lower method.learning_rate, or set method.precision = "
                "'exact'; nothing of this training is saved"
            )
        return each.sum() / (labels.numel() if num_items_in_batch is None else num_items_in_batch)

    def _single(self, logits: Tensor, labels: Tensor) -> Tensor:
        each = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=self.smoothing)
        return each if self.weights is None else each * self.weights.to(each.device)[labels]

    def _several(self, logits: Tensor, labels: Tensor) -> Tensor:
        smooth = labels.float() * (1 - self.smoothing) + self.smoothing / 2
        weights = None if self.weights is None else self.weights.to(logits.device)
        return functional.binary_cross_entropy_with_logits(
            logits, smooth, pos_weight=weights, reduction="none"
        )


def balanced(targets: np.ndarray) -> Tensor:
    """Weights (k,) that make up for rare labels; their mean over the rows is 1, or none is above 20."""
    if targets.ndim == 1:
        counts = np.bincount(targets)
        return torch.tensor(len(targets) / (len(counts) * np.maximum(counts, 1)), dtype=torch.float32)
    share = targets.mean(axis=0)
    return torch.tensor(np.minimum((1 - share) / share, _HEAVIEST), dtype=torch.float32)
